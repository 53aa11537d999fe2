import type { MessageRecord } from '@spillway/message'
import { sql } from 'kysely'
import { describe, expect, it, onTestFinished } from 'vitest'
import { kyselyWriter } from '../index.ts'
import { execute, openKysely, timeLimit } from '../testing/database.ts'
import {
  count,
  type Database,
  type Item,
  items,
  itemWriter,
  kinds,
  useItemDatabase,
} from '../testing/items.ts'

const database = useItemDatabase()

describe('a database in trouble', () => {
  it('without the table parks nothing, and is written to after the table was created', async () => {
    const { db } = openKysely<Database>(database.url)
    const row = ({ body }: MessageRecord<Item>) => ({ id: body.id })
    const write = kyselyWriter({ db, insertInto: 'missing', row, conflict: 'id' })
    const outcomes = await write(items(10), timeLimit())
    expect(kinds(outcomes)).toEqual(['retry'])
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ unavailable: true, cause: { code: 'SPILLWAY_TABLE_UNKNOWN' } })
    }
    await execute(database.url, 'create table missing (id uuid primary key)')
    expect(kinds(await write(items(10), timeLimit()))).toEqual(['done'])
    await execute(database.url, 'drop table missing')
    expect(kinds(await write(items(10), timeLimit()))).toEqual(['retry'])
  })

  it('that ended idle connections is written to over new ones', async () => {
    const { write } = itemWriter(database.url)
    await write(items(5), timeLimit())
    await execute(
      database.url,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where pid <> pg_backend_pid() and datname = current_database()`,
    )
    expect(kinds(await write(items(5), timeLimit()))).toEqual(['done'])
    expect(await count(database.url)).toBe(10)
  })

  it('that was demoted during a connection is written to over a new one', async () => {
    const { write, db } = itemWriter(database.url)
    await write(items(1), timeLimit())
    await sql`set default_transaction_read_only = on`.execute(db)
    expect(kinds(await write(items(5), timeLimit(5_000)))).toEqual(['done'])
    expect(await count(database.url)).toBe(6)
  })

  it('without the table, its column or its constraint gets one statement for each batch', async () => {
    await execute(database.url, 'create table drifting (id uuid primary key, total int, note text)')
    onTestFinished(() => execute(database.url, 'drop table if exists drifting').then(() => undefined))
    const { db, inserts } = openKysely<{ drifting: { id: string; total: number; note: string } }>(
      database.url,
    )
    const row = ({ body }: MessageRecord<Item>) => ({ id: body.id, total: 1, note: '{}' })
    const write = kyselyWriter({ db, insertInto: 'drifting', row, conflict: 'id' })
    for (const change of [
      'alter table drifting alter note type jsonb using null',
      'alter table drifting drop constraint drifting_pkey',
      'alter table drifting drop column total',
      'drop table drifting',
    ]) {
      await execute(
        database.url,
        `drop table if exists drifting; create table drifting (id uuid primary key, total int, note text)`,
      )
      await write(items(1), timeLimit())
      expect(kinds(await write(items(1), timeLimit()))).toEqual(['done'])
      inserts.length = 0
      await execute(database.url, change)
      expect(kinds(await write(items(100), timeLimit()))).toEqual(['retry'])
      expect(inserts).toHaveLength(1)
    }
  })

  it('that grants no right to write gets O(log n) statements for each batch', async () => {
    await execute(database.url, 'revoke insert on items from app')
    onTestFinished(() => execute(database.url, 'grant insert on items to app').then(() => undefined))
    const { write, inserts } = itemWriter(database.functionsUrl)
    for (const size of [1, 10, 1000]) {
      inserts.length = 0
      const outcomes = await write(items(size), timeLimit())
      expect(kinds(outcomes)).toEqual(['retry'])
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ cause: { cause: { code: '42501' } } })
        // A policy may refuse a single row for that row's own fault.
        if (size > 1) expect(outcome).toMatchObject({ unavailable: true })
        else expect(outcome).not.toHaveProperty('unavailable')
      }
      expect(inserts.length).toBeLessThanOrEqual(4 * Math.ceil(Math.log2(size + 1)) + 9)
    }
  })

  it('gets no further statement when the caller aborts', async () => {
    const { write, inserts } = itemWriter(database.url)
    const outcomes = await write(items(3), timeLimit(20_000, AbortSignal.abort()))
    expect(kinds(outcomes)).toEqual(['retry'])
    expect(inserts).toHaveLength(0)
  })

  it('that is not reachable parks nothing', async () => {
    const refused = new URL(database.url)
    refused.pathname = '/nowhere'
    const outcomes = await itemWriter(refused.href).write(items(2), timeLimit(3_000))
    expect(kinds(outcomes)).toEqual(['retry'])
    expect(outcomes[0]).toMatchObject({ cause: { cause: { code: '3D000' } } })
  })

  it('that ends a statement by a time-out gets smaller ones', async () => {
    await execute(
      database.url,
      `create function slow() returns trigger language plpgsql as
         $$ begin perform pg_sleep(0.01); return new; end $$;
       create trigger slow before insert on items for each row execute function slow()`,
    )
    onTestFinished(() => execute(database.url, 'drop function slow cascade').then(() => undefined))
    const url = new URL(database.url)
    url.searchParams.set('options', '-c statement_timeout=200')
    const { write, inserts } = itemWriter(url.href)
    expect(kinds(await write(items(40), timeLimit()))).toEqual(['done'])
    expect(inserts.length).toBeGreaterThan(2)
    expect(await count(database.url)).toBe(40)
  })
})
