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
create index on spillway_parked (parked_at);
