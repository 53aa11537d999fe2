create table readings (
  id uuid primary key,
  sensor text not null,
  taken_at timestamptz not null,
  celsius double precision not null check (celsius >= -273.15)
);
create index on readings (sensor, taken_at);
