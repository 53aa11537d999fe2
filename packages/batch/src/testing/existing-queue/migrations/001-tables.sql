create table orders (
  id text primary key,
  customer text not null,
  via text
);

create table uploads (
  key text primary key,
  object text not null
);

create table spillway_parked (
  name text not null,
  key text not null,
  code text not null,
  detail text not null,
  issues json,
  parked_at timestamptz not null,
  record_id text not null,
  fingerprint text,
  copied_at timestamptz,
  primary key (name, key)
);
