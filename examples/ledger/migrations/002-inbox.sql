create table spillway_inbox (
  consumer text not null,
  key text not null,
  fingerprint bytea,
  at timestamptz not null default now(),
  parked json,
  parked_record text,
  primary key (consumer, key)
);
create index on spillway_inbox (at);
