create table accounts (
  id text primary key,
  cents bigint not null check (cents >= 0)
);

-- `position` is the order in which transfers were applied.
create table transfers (
  id uuid primary key,
  position bigint generated always as identity,
  payer text not null references accounts (id),
  payee text not null references accounts (id),
  cents bigint not null check (cents > 0),
  requested_at timestamptz not null
);

-- Accounts for the first transfers.
insert into accounts (id, cents)
values ('ada', 100000), ('alan', 100000), ('edsger', 100000), ('grace', 100000);
