import type { MessageRecord } from '@spillway/message'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import {
  connectionLimit,
  inboxMigration,
  kyselyTransaction,
  kyselyWriter,
  postgresPool,
} from '../../index.ts'
import { execute, reasons, record, startDatabase, timeLimit } from '../../testing/database.ts'
import { type Pgbouncer, pgbouncer, startPgbouncer } from '../../testing/pgbouncer.ts'

interface Tables {
  entries: { id: string; amount: number }
}
interface Entry {
  readonly id: string
  readonly amount: number
}

// It is not an npm package: CI installs Debian's package.
if (pgbouncer === undefined)
  process.stderr.write('Not registered, because PgBouncer is not installed: behind PgBouncer\n')
else describe('behind PgBouncer, in transaction mode', () => define(pgbouncer as string))

function define(program: string): void {
  const sessions = 3
  let database: Awaited<ReturnType<typeof startDatabase>>
  let pooler: Pgbouncer
  beforeAll(async () => {
    database = await startDatabase({})
    await execute(
      database.url,
      'create table entries (id text primary key, amount int not null check (amount > 0))',
    )
    const admin = new Kysely<never>({
      dialect: new PostgresDialect({ pool: new Pool({ connectionString: database.url, max: 1 }) }),
    })
    await inboxMigration().up(admin)
    await admin.destroy()
    pooler = await startPgbouncer(program, database.functionsUrl, sessions)
  })
  afterAll(async () => {
    await pooler.stop()
    await database[Symbol.asyncDispose]()
  })

  function environment() {
    const limit = connectionLimit({ connections: 1 })
    const pool = postgresPool({ Pool, connectionString: pooler.url, limit })
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
    onTestFinished(() => db.destroy())
    const write = kyselyWriter({
      db,
      insertInto: 'entries',
      row: ({ body }: MessageRecord<Entry>) => body,
      conflict: 'id',
    })
    return { db, write }
  }
  const entries = (name: string, count: number): Entry[] =>
    Array.from({ length: count }, (_, index) => ({ id: `${name}-${index}`, amount: index + 1 }))
  const stored = async (name: string) =>
    execute(database.url, `select amount from entries where id like '${name}-%' order by amount`)

  it('writes the batches of more environments than sessions, each row once, without exceeding the sessions', async () => {
    const environments = Array.from({ length: 10 }, environment)
    const batches = Array.from({ length: 40 }, (_, index) => entries(`many-${index}`, 50))
    const outcomes = await Promise.all(
      batches.map((batch, index) =>
        environments[index % 10]?.write(
          batch.map((body) => record(body)),
          timeLimit(),
        ),
      ),
    )
    expect(new Set(outcomes.flat().map((outcome) => outcome?.kind))).toEqual(new Set(['done']))
    expect(await stored('many-%')).toHaveLength(2_000)
    const seen = await execute(database.url, `select pid from pg_stat_activity where usename = 'app'`)
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.length).toBeLessThanOrEqual(sessions)
  })

  it('parks a refused row, and writes its batch-mates', async () => {
    const batch = entries('refused', 20).map((entry, index) =>
      index === 7 ? { ...entry, amount: 0 } : entry,
    )
    const outcomes = await environment().write(
      batch.map((body) => record(body)),
      timeLimit(),
    )
    expect(reasons(outcomes).filter((reason) => reason !== 'done')).toEqual([
      '23514 The database refuses the row: check constraint "entries_amount_check" of table "entries".',
    ])
    expect(await stored('refused')).toHaveLength(19)
  })

  it('leaves no limit of a transaction behind in a shared session', async () => {
    const { db, write } = environment()
    await write(
      entries('limits', 5).map((body) => record(body)),
      timeLimit(),
    )
    const settings = sql<{ limits: string }>`select concat_ws(' ',
      current_setting('statement_timeout'), current_setting('lock_timeout')) as limits`
    const looks = await Promise.all(Array.from({ length: 9 }, () => settings.execute(db)))
    expect(new Set(looks.map(({ rows }) => rows[0]?.limits))).toEqual(new Set(['0 0']))
  })

  it('applies the isolation level and the limit to the same transaction', async () => {
    const { db } = environment()
    const { rows } = await db
      .transaction()
      .setIsolationLevel('serializable')
      .execute((trx) =>
        sql<{ both: string }>`select concat_ws(' ', current_setting('transaction_isolation'),
          current_setting('idle_in_transaction_session_timeout')) as both`.execute(trx),
      )
    expect(rows).toEqual([{ both: 'serializable 10s' }])
  })

  it('runs transactions of several statements', async () => {
    const { db } = environment()
    const write = kyselyTransaction({
      db,
      transaction: async (trx, messages: readonly MessageRecord<Entry>[]) => {
        for (const { body } of messages) {
          await trx.insertInto('entries').values(body).execute()
          await trx
            .updateTable('entries')
            .set((entry) => ({ amount: entry('amount', '+', 100) }))
            .where('id', '=', body.id)
            .execute()
        }
      },
    })
    const messages = entries('twice', 3).map((body) => record(body, { key: body.id }))
    const outcomes = await write(messages, timeLimit())
    expect(reasons(outcomes)).toEqual(['done', 'done', 'done'])
    expect(await stored('twice')).toEqual([{ amount: 101 }, { amount: 102 }, { amount: 103 }])
  })
}
