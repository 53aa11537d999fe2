import type { MessageRecord, Outcome } from '@spillway/message'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Pool } from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { kyselyWriter } from '../index.ts'
import { connect, execute, timeLimit } from '../testing/database.ts'
import {
  count,
  type Database,
  fields,
  type Item,
  items,
  itemWriter,
  kinds,
  useItemDatabase,
} from '../testing/items.ts'

const database = useItemDatabase()

async function lock(statement: string) {
  const locker = await connect(database.url)
  onTestFinished(() => locker.end())
  await locker.query(`begin; ${statement}`)
  return locker
}

const running = async () =>
  (
    await execute(
      database.url,
      `select query from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle' and query like 'insert%'`,
    )
  ).length

/** The codes of an outcome's cause and of its own causes. */
function codesOf(outcome: Outcome | undefined): string {
  const codes: unknown[] = []
  let cause = outcome?.kind === 'retry' ? outcome.cause : undefined
  for (; cause instanceof Error; cause = cause.cause) codes.push((cause as { code?: unknown }).code)
  return codes.join(' ')
}

describe('a lock of another session', () => {
  it.each([
    ['of the table', () => 'lock table items in access exclusive mode'],
    ['of one key', (id: string) => `insert into items (id, total) values ('${id}', 7)`],
  ])(
    '%s leads to a retry in time, and the connection is free at once',
    async (_, statement) => {
      const { write, db } = itemWriter(database.url)
      const batch = items(10)
      await write(items(1), timeLimit())
      const locker = await lock(statement(batch[3]?.body.id ?? ''))
      const start = performance.now()
      const outcomes = await write(batch, timeLimit(6_000))
      expect(performance.now() - start).toBeLessThan(12_000)
      // Smaller statements are tried at the end, so batch-mates of a locked key may have been written.
      for (const { kind } of outcomes) expect(['retry', 'done']).toContain(kind)
      expect(outcomes[3]?.kind).toBe('retry')
      // On a busy machine the time may be over before the last smaller statement is answered.
      expect(codesOf(outcomes[3])).toMatch(/^SPILLWAY_WRITE_FAILED (?:55P03|57014)$|SPILLWAY_DEADLINE/)
      // This is the only connection of the pool.
      const other = performance.now()
      await sql`select 1`.execute(db)
      expect(performance.now() - other).toBeLessThan(5_000)
      expect(await running()).toBe(0)
      await locker.query('rollback')
      expect(kinds(await write(batch, timeLimit()))).toEqual(['done'])
      expect(await count(database.url)).toBe(11)
    },
    50_000,
  )
})

describe('the limits of a statement', () => {
  it('end with its transaction', async () => {
    const { write, db } = itemWriter(database.url)
    await write(items(3), timeLimit())
    for (const setting of ['statement_timeout', 'lock_timeout']) {
      const { rows } = await sql<{ value: string }>`select current_setting(${setting}) as value`.execute(db)
      expect(rows).toEqual([{ value: '0' }])
    }
    expect(await count(database.url)).toBe(3)
  })

  it('are numbers that the server accepts, however much time is left', async () => {
    const { write } = itemWriter(database.url)
    const endless = { ...timeLimit(), remainingTime: () => Number.POSITIVE_INFINITY }
    expect(kinds(await write(items(2), endless))).toEqual(['done'])
  })

  it('leave no transaction open after an error', async () => {
    const { write, db } = itemWriter(database.url)
    const [outcome] = await write(
      items(1, () => ({ total: -1 })),
      timeLimit(),
    )
    expect(outcome?.kind).toBe('park')
    // Inside a transaction both would be the time of its start.
    const { rows } = await sql<{ own: boolean }>`select now() = statement_timestamp() as own`.execute(db)
    expect(rows).toEqual([{ own: true }])
  })

  // A third of the 8 s, so that time is left for smaller statements.
  const limits = String.raw`begin; set local statement_timeout = 2[34]\d\d; set local lock_timeout = 1[89]\d\d; set local idle_in_transaction_session_timeout = 3[56]\d\d`

  it('are sent with the statement', async () => {
    const { write, statements } = itemWriter(database.url)
    await write(items(1), timeLimit())
    statements.length = 0
    await write(items(100), timeLimit(10_000))
    expect(statements).toEqual([expect.stringMatching(new RegExp(`^${limits}; insert into.*; commit$`))])
  })

  it('take one message before the statement and one after it with another pool', async () => {
    const statements: string[] = []
    const pool = new Pool({ connectionString: database.url, max: 1 })
    const db = new Kysely<Database>({
      dialect: new PostgresDialect({ pool }),
      log: ({ query }) => void statements.push(query.sql),
    })
    onTestFinished(() => db.destroy())
    const write = kyselyWriter({
      db,
      insertInto: 'items',
      row: (message: MessageRecord<Item>) => fields(message.body),
      conflict: 'id',
    })
    expect(kinds(await write(items(3), timeLimit()))).toEqual(['done'])
    statements.length = 0
    expect(kinds(await write(items(100), timeLimit(10_000)))).toEqual(['done'])
    expect(statements).toEqual([
      expect.stringMatching(new RegExp(`^${limits}$`)),
      expect.stringMatching(/^insert into/),
      'commit',
    ])
    const [, refused] = await write(
      items(2, (index) => ({ total: -index })),
      timeLimit(),
    )
    expect(refused).toMatchObject({ kind: 'park', reason: { code: '23514' } })
    expect(await count(database.url)).toBe(104)
  })

  it.each([
    ['a statement_timeout that ends in time', 'statement_timeout=5000', /^insert/],
    ['a statement_timeout that ends too late', 'statement_timeout=60000', /^begin; set local statement/],
    [
      'a shorter lock_timeout',
      'lock_timeout=100',
      /^begin; set local statement_timeout = \d+; set local idle/,
    ],
  ])('do not replace %s of the session', async (_, setting, expected) => {
    const url = new URL(database.url)
    url.searchParams.set('options', `-c ${setting}`)
    const { write, statements } = itemWriter(url.href)
    await write(items(1), timeLimit())
    statements.length = 0
    expect(kinds(await write(items(1), timeLimit()))).toEqual(['done'])
    expect(statements).toEqual([expect.stringMatching(expected)])
  })

  it('end with an aborted call, and the next delivery finds its key', async () => {
    const { write } = itemWriter(database.url)
    const batch = items(5)
    const locker = await lock('lock table items in share row exclusive mode')
    const stop = new AbortController()
    const answer = write(batch, timeLimit(3_000, stop.signal))
    await until(async () => (await running()) > 0)
    stop.abort()
    expect(kinds(await answer)).toEqual(['retry'])
    // The abandoned statement may still succeed.
    await locker.query('rollback')
    await until(async () => (await running()) === 0)
    expect(kinds(await write(batch, timeLimit()))).toEqual(['done'])
    expect(await count(database.url)).toBe(5)
  })
})

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
}
