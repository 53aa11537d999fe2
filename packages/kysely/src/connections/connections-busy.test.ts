import { type AddressInfo, createServer } from 'node:net'
import { inspect } from 'node:util'
import { isUnavailable } from '@spillway/message'
import { isUnavailableOutcome } from '@spillway/message/internal'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  classifyError,
  connectionLimit,
  kyselyStatus,
  kyselyWriter,
  type PostgresPoolOptions,
  postgresPool,
} from '../index.ts'
import { execute, record, timeLimit } from '../testing/database.ts'
import {
  gate,
  type Ledger,
  ledgerWriter,
  post,
  posting,
  results,
  totals,
  useLedger,
} from '../testing/ledger.ts'

const ledger = useLedger()
beforeAll(() =>
  execute(ledger.url, 'create table items (id text primary key, customer text)').then(() => undefined),
)

/** The lines of the log at error level. */
const errors: string[] = []
const logger = { info() {}, warn() {}, error: (message: string) => void errors.push(message) }
beforeEach(() => void errors.splice(0))

/** A Kysely of a separate environment: its share, and a time-out of a second for connections. */
function open(connections = 1, options: Partial<PostgresPoolOptions<object>> = {}) {
  const limit = connectionLimit({ connections })
  const settings = {
    Pool,
    connectionString: ledger.url,
    limit,
    logger,
    connectionTimeoutMillis: 400,
    ...options,
  }
  const pool = postgresPool(settings)
  const db = new Kysely<Ledger>({ dialect: new PostgresDialect({ pool }) })
  onTestFinished(() => db.destroy())
  /** The number of requests for a connection. */
  const asked = vi.spyOn(limit, 'take')
  return { db, limit, pool, asked }
}
const caught = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: Error & { code?: string }) => error,
  )
const balance = (db: Kysely<Ledger>) => db.selectFrom('accounts').selectAll().execute()

describe('`db` in place of `trx` at a share of 1', () => {
  it('in the app’s own transaction reports that the transaction itself has the connection', async () => {
    const { db, limit, asked } = open()
    const error = await caught(
      db.transaction().execute(async (trx) => {
        await trx.updateTable('accounts').set({ balance: 5 }).where('id', '=', 's3cret').execute()
        await balance(db)
      }),
    )
    expect(asked).toHaveBeenCalledTimes(2)
    expect(error).toMatchObject({
      code: 'SPILLWAY_CONNECTIONS_BUSY',
      message: expect.stringMatching(
        /^All 1 connections of this environment have been in use for [\d.]+ s: by a transaction that began [\d.]+ s ago \(postgresPool to "test"\), which has waited for its next statement for [\d.]+ s, after `update "accounts" set "balance"`\. Did you use `db` inside a transaction\?/,
      ),
    })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('s3cret')
    expect(errors).toEqual([error?.message])
    expect(classifyError(error)).toBe('busy')
    expect(isUnavailable(error)).toBe(false)
    expect(limit).toMatchObject({ connections: 1, open: 1 })
    expect(await balance(db)).toHaveLength(2)
  })

  it('in a function of kyselyTransaction is run once, retried with that cause, and changes nothing', async () => {
    const { db, asked } = open()
    const { write, runs } = ledgerWriter(db, {
      transaction: async (trx, messages) => {
        await post(trx, messages)
        await balance(db)
      },
    })
    const outcomes = await write([posting('x'), posting('y'), posting('z')], timeLimit(30_000))
    expect(asked).toHaveBeenCalledTimes(2)
    expect(runs).toEqual([['x', 'y', 'z']])
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        kind: 'retry',
        cause: {
          code: 'SPILLWAY_CONNECTIONS_BUSY',
          message: expect.stringMatching(
            /by a transaction that began .* after `update "accounts" set "balance"`/,
          ),
        },
      })
      expect(isUnavailableOutcome(outcome)).toBe(false)
    }
    expect(await totals(ledger.url)).toEqual({ balance: 0, postings: 0, keys: 0 })
  })

  it.each<[string, (error: unknown) => Error]>([
    ['as the cause of another', (cause) => new Error('no audit', { cause })],
    ['in an AggregateError', (error) => new AggregateError([error], 'no audit')],
  ])('in a function that throws the error %s is detected too', async (_, wrap) => {
    const { db } = open()
    const { write, runs } = ledgerWriter(db, {
      transaction: async () => {
        await balance(db).catch((error: unknown) => {
          throw wrap(error)
        })
      },
    })
    const outcomes = await write([posting('x'), posting('y')], timeLimit(30_000))
    expect(runs).toEqual([['x', 'y']])
    expect(errors).toHaveLength(1)
    expect(outcomes[0]).toMatchObject({ kind: 'retry', cause: { code: 'SPILLWAY_CONNECTIONS_BUSY' } })
    expect(JSON.stringify(outcomes)).not.toContain('saturated')
  })

  it('is detected at a share of 2, where two transactions wait for each other', async () => {
    const { db } = open(2)
    const write = () =>
      ledgerWriter(db, {
        transaction: async (trx, messages) => {
          await post(trx, messages)
          await both()
          await balance(db)
        },
      })
    let begun = 0
    const all = gate()
    const both = () => {
      begun += 1
      if (begun === 2) all.resolve()
      return all.promise
    }
    const writers = [write(), write()]
    const outcomes = await Promise.all(
      writers.map((writer, index) =>
        writer.write([posting(`k${index}`, { account: index === 0 ? 'a' : 'b' })], timeLimit(30_000)),
      ),
    )
    // When one has timed out, the other may get its connection.
    expect(writers.map(({ runs }) => runs.length)).toEqual([1, 1])
    expect(outcomes.flat()).toContainEqual(
      expect.objectContaining({
        cause: expect.objectContaining({
          message: expect.stringMatching(/^All 2 connections of this environment .*; by a transaction/),
        }),
      }),
    )
  })

  it('by kyselyWriter in a transaction fails after one attempt, and loses nothing', async () => {
    const { db, asked } = open()
    const write = kyselyWriter({
      db: db as unknown as Kysely<{ items: { id: string; customer: string } }>,
      insertInto: 'items',
      row: ({ key, body }) => ({ id: key, customer: body as string }),
      conflict: 'id',
    })
    const records = ['a', 'b'].map((key) => record<unknown>('s3cret', { key }))
    const outcomes = await db.transaction().execute(async (trx) => {
      await balance(trx)
      return write(records, timeLimit(30_000))
    })
    expect(asked).toHaveBeenCalledTimes(2)
    expect(results(outcomes)).toEqual(['retry', 'retry'])
    expect(outcomes[0]).toMatchObject({ cause: { code: 'SPILLWAY_CONNECTIONS_BUSY' } })
    expect(results(await write(records, timeLimit()))).toEqual(['done', 'done'])
    // The catalogue is cached now, so the insert waits.
    const again = await db.transaction().execute(async () => write(records, timeLimit(30_000)))
    expect(again[0]).toMatchObject({ kind: 'retry', cause: { code: 'SPILLWAY_CONNECTIONS_BUSY' } })
  })

  it('is the cause of a failed status', async () => {
    const { db } = open()
    const status = kyselyStatus({ db, table: 'postings', key: 'id' })
    const error = await caught(db.transaction().execute(async () => status.find('x', 'x', timeLimit())))
    expect(error).toMatchObject({
      code: 'SPILLWAY_STATUS_UNAVAILABLE',
      cause: { code: 'SPILLWAY_CONNECTIONS_BUSY' },
    })
  })
})

describe('other uses that have all connections of the environment', () => {
  it('are waited for while time remains', async () => {
    const { db, pool } = open()
    const client = await pool.connect()
    const slow = client.query('select pg_sleep(1.2)', []).then(() => client.release())
    const { write, runs } = ledgerWriter(db)
    expect(results(await write([posting('x')], timeLimit(20_000)))).toEqual(['done'])
    await slow
    expect(runs).toEqual([['x']])
    expect(errors).toEqual([])
  })

  it('are named when the time runs out', async () => {
    const { db, pool } = open()
    const client = await pool.connect()
    const slow = client.query('select pg_sleep(2), $1::text', ['s3cret']).then(() => client.release())
    const { write, runs } = ledgerWriter(db)
    const [outcome] = await write([posting('x')], timeLimit(1_400))
    expect(outcome).toMatchObject({
      kind: 'retry',
      cause: {
        code: 'SPILLWAY_CONNECTIONS_BUSY',
        message: expect.stringMatching(
          /by a connection that was taken [\d.]+ s ago \(postgresPool to "test"\), whose statement `select pg_sleep` has run for [\d.]+ s\./,
        ),
      },
    })
    expect(runs).toEqual([])
    await slow
    expect(results(await write([posting('x')], timeLimit()))).toEqual(['done'])
  })

  it('are listed, the first three by name', async () => {
    const { pool } = open(5)
    const clients = await Promise.all(Array.from({ length: 5 }, () => pool.connect()))
    const error = await caught(pool.connect())
    expect(error?.message).toMatch(
      /^All 5 connections of this environment .*(?:; by [^;]*){2}; by 2 others\. Did/,
    )
    for (const client of clients) client.release()
  })

  it('may be uses of one pool that has fewer connections than its limit', async () => {
    const { pool } = open(3, { connections: 1 })
    const client = await pool.connect()
    expect(await caught(pool.connect())).toMatchObject({
      code: 'SPILLWAY_CONNECTIONS_BUSY',
      message: expect.stringMatching(/^All 1 connections of this pool /),
    })
    client.release()
  })

  it.each([
    [`select 's3cret'`, [], '`select`'],
    [`set role s3cret`, [], '`set`'],
    [`  insert into "items" ("id") select $1::text where false`, ['s3cret'], '`insert into "items"`'],
    [`select * from items where id = $1`, ['s3cret'], '`select`'],
    [`update items set customer = 's3cret' where id = $1`, ['x'], '`update items set customer`'],
    [`/* s3cret */ select $1::text`, ['x'], undefined],
    [`with s3 as (select $1::text) select`, ['x'], '`with s3 as`'],
    ['savepoint s3cret', [], '`savepoint`'],
  ])('are named without values: %s', async (text, values, words) => {
    const { pool } = open(1, { connectionTimeoutMillis: 250 })
    const client = await pool.connect()
    await client.query('begin', [])
    await client.query(text, values).catch(() => undefined)
    const error = await caught(pool.connect())
    client.release()
    expect(error?.message).not.toContain('s3cret')
    if (words !== undefined) expect(error?.message).toContain(`, after ${words}.`)
    else expect(error?.message).toContain('for its next statement for 0.3 s. Did')
  })
})

it('a server that does not answer is not reported as a busy environment', async () => {
  const silent = createServer(() => undefined)
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void silent.close())
  const url = `postgres://app@127.0.0.1:${(silent.address() as AddressInfo).port}/test`
  const { pool } = open(1, { connectionString: url, connectionTimeoutMillis: 300 })
  const errors = await Promise.all([caught(pool.connect()), caught(pool.connect())])
  for (const error of errors) expect(['saturation', 'connection']).toContain(classifyError(error))
})
