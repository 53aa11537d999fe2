create table orders (
  id uuid primary key,
  customer text not null,
  cents integer not null
);
