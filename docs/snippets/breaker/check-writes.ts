import { type Kysely, sql } from 'kysely'

/** Writes the one row of a table: `create table breaker_check (id int primary key, checked_at timestamptz)`. */
export const checkWrites = (db: Kysely<unknown>) => () =>
  sql`
    insert into breaker_check (id, checked_at) values (1, now())
    on conflict (id) do update set checked_at = excluded.checked_at
  `.execute(db)
