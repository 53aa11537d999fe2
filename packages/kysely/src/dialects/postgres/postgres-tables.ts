import { sql } from 'kysely'
import type { TablesDialect } from '../dialect.ts'

/** The tables of Spillway in Postgres. */
export const postgresTables: TablesDialect = {
  createInbox: (name) => [
    sql`create table ${sql.table(name)} (
        consumer text not null,
        key text not null,
        fingerprint bytea,
        at timestamptz not null default now(),
        parked json,
        parked_record text,
        primary key (consumer, key)
      )`,
    sql`create index on ${sql.table(name)} (at)`,
  ],
  createParked: (name) => [
    sql`create table ${sql.table(name)} (
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
      )`,
    sql`create index on ${sql.table(name)} (parked_at)`,
  ],
  sweepInbox: (name, seconds, count) => sql`delete from ${sql.table(name)} where ctid = any(array(
      select ctid from ${sql.table(name)} where at < now() - make_interval(secs => ${seconds})
      order by at limit ${count} for update skip locked
    ))`,
  pruneParked: (name, olderThan, count) => sql`delete from ${sql.table(name)} where (name, key) in (
      select name, key from ${sql.table(name)} where parked_at < ${olderThan} limit ${count} for update skip locked
    )`,
  keepParked: sql`on conflict (name, key) do nothing`,
}
