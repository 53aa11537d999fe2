create table orders (
  id uuid primary key,
  customer text not null,
  items jsonb not null,
  total_cents bigint not null check (total_cents >= 0),
  note text,
  placed_at timestamptz not null default now()
);
