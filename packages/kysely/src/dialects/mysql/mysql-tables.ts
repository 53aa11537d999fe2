import { sql } from 'kysely'
import type { TablesDialect } from '../dialect.ts'

const key = sql.ref('key')

/**
 * The tables of Spillway in MySQL and MariaDB. Names and keys are bytes, because most collations treat `a` and `A` as
 * one key. 512 and 1024 bytes are 128 and 256 characters.
 */
export const mysqlTables: TablesDialect = {
  createInbox: (name) => [
    sql`create table ${sql.table(name)} (
        consumer varbinary(512) not null,
        ${key} varbinary(1024) not null,
        fingerprint binary(32),
        token binary(16) not null,
        at datetime(3) not null,
        parked json,
        parked_record varchar(256) character set ascii collate ascii_bin,
        primary key (consumer, ${key}),
        index (at)
      ) engine = InnoDB`,
  ],
  createParked: (name) => [
    sql`create table ${sql.table(name)} (
        name varbinary(512) not null,
        ${key} varbinary(1024) not null,
        code varchar(128) character set utf8mb4 not null,
        detail text character set utf8mb4 not null,
        issues json,
        parked_at datetime(3) not null,
        record_id varchar(256) character set ascii collate ascii_bin not null,
        fingerprint char(64) character set ascii,
        copied_at datetime(3),
        primary key (name, ${key}),
        index (parked_at)
      ) engine = InnoDB`,
  ],
  sweepInbox: (
    name,
    seconds,
    count,
  ) => sql`delete from ${sql.table(name)} where at < utc_timestamp(3) - interval ${seconds} second
    order by at limit ${count}`,
  // MySQL cannot skip locked rows in a `delete`: it waits for them.
  pruneParked: (name, olderThan, count) =>
    sql`delete from ${sql.table(name)} where parked_at < ${olderThan} limit ${count}`,
  keepParked: sql`on duplicate key update name = name`,
}
