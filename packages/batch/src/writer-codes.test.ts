import { readFileSync } from 'node:fs'
import { kyselyTransaction, kyselyWriter } from '@spillway/kysely'
import { defineMessage, done, type LogFields, park, type SourceRecord, type Writer } from '@spillway/message'
import { envelopeOf } from '@spillway/message/testing'
import { sql } from 'kysely'
import pg from 'pg'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { batch } from './index.ts'
import { usePostgres } from './testing/postgres.ts'

// Each code that the docs give the writers, provoked on a server and read off the line that the log has of it.

interface Database {
  orders: { id: string; cents: number; customer?: string }
  missing: { id: string }
}
const order = defineMessage({
  name: 'order',
  schema: z.object({ id: z.string(), cents: z.int() }),
  key: (body) => body.id,
})
type Order = z.infer<typeof order.schema>

const database = usePostgres<Database>(`
  create table customers (id text primary key);
  create table orders (
    id text primary key, cents int constraint cents_positive check (cents >= 0),
    customer text constraint orders_customer references customers
  );
  create table keyless (id text, cents int);
  create table parts (id text primary key, cents int) partition by list (id);
  create table parts_b partition of parts for values in ('b')`)
const { execute, open } = database
beforeEach(async () => {
  await execute('delete from orders; delete from spillway_inbox')
})

/** The writer with a table or a mapper of its own. */
function writing(options: { url?: string; table?: string; row?: (body: Order) => unknown } = {}) {
  const { url, table = 'orders', row = (body) => body } = options
  const db = open<Record<string, Order>>(url)
  onTestFinished(() => db.destroy())
  return kyselyWriter({
    db,
    insertInto: table,
    row: ({ body }: { readonly body: Order }) => row(body) as Order,
    conflict: 'id',
  })
}

function transacting(
  transaction: Parameters<typeof kyselyTransaction<Database, Order>>[0]['transaction'],
  inbox?: string,
) {
  const db = open()
  onTestFinished(() => db.destroy())
  return kyselyTransaction<Database, Order>({ db, transaction, ...(inbox !== undefined && { inbox }) })
}

interface Line {
  readonly code: string
  readonly text: string
  readonly error: string
}

/** What the log has of a batch. */
async function linesOf(writer: Writer<Order>, bodies: readonly Order[], time = 10_000): Promise<Line[]> {
  const lines: Line[] = []
  const keep = (text: string, fields: LogFields = {}) => {
    if (typeof fields.code !== 'string') return
    lines.push({ code: fields.code, text, error: said(fields.error) })
  }
  const logger = { info: keep, warn: keep, error: keep }
  const records: SourceRecord[] = await Promise.all(
    bodies.map(async (body, index) => ({
      id: `r${index}`,
      body: await envelopeOf(order, body),
      receiveCount: 1,
      lane: `r${index}`,
    })),
  )
  const source = { records, park: async () => undefined, delay: async () => undefined } as never
  const end = performance.now() + time
  const context = { getRemainingTimeInMillis: () => end - performance.now() } as never
  await batch(order, writer, { logger, hold: false, guard: 200 })({ source }, context)
  return lines
}

/** An error and its causes in one text. */
function said(thrown: unknown): string {
  if (!(thrown instanceof Error)) return ''
  const { code } = thrown as { readonly code?: unknown }
  const beneath = thrown.cause === undefined ? '' : ` < ${said(thrown.cause)}`
  return `${thrown.name} ${code ?? '-'}: ${thrown.message}${beneath}`
}

const one: readonly Order[] = [{ id: 'a', cents: 1 }]

describe('the line of the log', () => {
  it.each<readonly [string, () => Writer<Order>, readonly Order[], string, RegExp]>([
    [
      'a mapper that throws',
      () =>
        writing({
          row: () => {
            throw new TypeError('price is undefined')
          },
        }),
      one,
      'SPILLWAY_ROW_INVALID',
      /^SpillwayError SPILLWAY_ROW_INVALID: The row mapper threw a TypeError\. < TypeError -: price is undefined$/,
    ],
    [
      'a mapper that answers null',
      () => writing({ row: () => null }),
      one,
      'SPILLWAY_ROW_INVALID',
      /The row mapper returned null/,
    ],
    [
      'a value that no column can hold',
      () => writing({ row: ({ id }) => ({ id, cents: Number.NaN, customer: () => 1 }) }),
      one,
      'SPILLWAY_ROW_INVALID',
      /gives the column "customer" a function, which no column can hold\. < TypeError/,
    ],
    [
      'a row that the database refuses',
      () => writing(),
      [{ id: 'a', cents: -1 }],
      '23514',
      /^SpillwayError SPILLWAY_ROW_REFUSED: The database refuses the row: check constraint "cents_positive" of table "orders"\. < \w+ 23514: /,
    ],
    [
      'a table that does not exist',
      () => writing({ table: 'missing' }),
      one,
      'SPILLWAY_TABLE_UNKNOWN',
      /The table "missing" does not exist/,
    ],
    [
      'a column that does not exist',
      () => writing({ row: (body) => ({ ...body, totl: 1 }) }),
      one,
      'SPILLWAY_TABLE_UNKNOWN',
      /The table "orders" has no column "totl"/,
    ],
    [
      'a table of a transaction that does not exist',
      () => transacting(async (trx) => void (await trx.insertInto('missing').values({ id: 'a' }).execute())),
      one,
      'SPILLWAY_TABLE_UNKNOWN',
      /relation "missing" does not exist/,
    ],
    [
      'an inbox that does not exist',
      () => transacting(async () => undefined, 'inbox_of_nobody'),
      one,
      'SPILLWAY_TABLE_UNKNOWN',
      /relation "inbox_of_nobody" does not exist/,
    ],
    [
      'no constraint for the conflict columns',
      () => writing({ table: 'keyless' }),
      one,
      'SPILLWAY_WRITE_FAILED',
      /Nothing is written to "keyless": no unique constraint covers exactly the conflict columns "id"/,
    ],
    [
      'a partition that nobody has created',
      () => writing({ table: 'parts' }),
      [...one, { id: 'b', cents: 1 }],
      'SPILLWAY_DATABASE_FAULT',
      /"parts" has no partition for the row \(SQLSTATE 23514\): create it\. Nothing is parked/,
    ],
    [
      'a row that refers to one that is not there',
      () => writing({ row: (body) => ({ ...body, customer: 'nobody' }) }),
      one,
      'SPILLWAY_WRITE_FAILED',
      /SQLSTATE 23503: foreign key constraint "orders_customer" of table "orders"/,
    ],
    [
      'a function of a transaction that throws',
      () =>
        transacting(async () => {
          throw new TypeError('price is undefined')
        }),
      one,
      'SPILLWAY_WRITE_FAILED',
      /The function of the transaction threw.* < TypeError -: price is undefined$/,
    ],
    [
      'an answer of a transaction that is no list of outcomes',
      () => transacting(async () => [done(), done()]),
      one,
      'SPILLWAY_OUTCOME_INVALID',
      /one outcome for each of its 1 messages/,
    ],
    [
      'a database that cannot be reached',
      () => writing({ url: 'postgres://127.0.0.1:1/test' }),
      one,
      'SPILLWAY_DATABASE_UNAVAILABLE',
      /^SpillwayError SPILLWAY_DATABASE_UNAVAILABLE: .*\(connect ECONNREFUSED 127\.0\.0\.1:1\).* < Error ECONNREFUSED: /,
    ],
    [
      'a password that is wrong',
      () =>
        writing({
          url: database.server.url.replace('//', '//nobody:wrong@').replace(/wrong@[^@]*@/, 'wrong@'),
        }),
      one,
      'SPILLWAY_WRITE_FAILED',
      /SQLSTATE 28\w{3}: .*nobody/,
    ],
    [
      'what a handler parks itself, with what it caught',
      () => async (records) =>
        records.map(() => park({ code: 'OWN', detail: 'x' }, { cause: new RangeError('too many') })),
      one,
      'OWN',
      /^RangeError -: too many$/,
    ],
  ])('of %s has its code and says what failed', async (_, writer, bodies, code, error) => {
    const lines = await linesOf(writer(), bodies, 1_500)
    expect(lines.map((line) => line.code)).toEqual([code])
    expect(lines[0]?.error).toMatch(error)
  })

  it('of a key that was used before with another body has its code', async () => {
    const writer = transacting(async () => undefined)
    await linesOf(writer, one)
    expect(await linesOf(writer, [{ id: 'a', cents: 2 }])).toMatchObject([{ code: 'SPILLWAY_KEY_CONFLICT' }])
  })

  it('of a lock that is held for too long has the code of what the server ended', async () => {
    const locker = new pg.Client({ connectionString: database.server.url })
    await locker.connect()
    await locker.query('begin; lock table orders in access exclusive mode')
    const lines = await linesOf(writing({ row: (body) => body }), one, 2_000)
    await locker.query('rollback')
    await locker.end()
    expect(lines).toMatchObject([{ code: expect.stringMatching(/^SPILLWAY_(?:WRITE_FAILED|DEADLINE)$/) }])
  })

  it('quotes no value of a row, whatever an app wraps', async () => {
    const writer = transacting(async (trx) => {
      try {
        await sql`select ${'secret'}::int`.execute(trx)
      } catch (cause) {
        throw new Error(`not booked: ${(cause as Error).message}`, { cause })
      }
    })
    const lines = await linesOf(writer, one)
    expect(lines).toMatchObject([
      { code: '22P02', error: expect.stringContaining('not booked: SQLSTATE 22P02') },
    ])
    expect(JSON.stringify(lines)).not.toContain('secret')
  })
})

it('has a case for each code that docs/errors.md gives the writers', () => {
  const docs = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
  const cases = readFileSync(new URL(import.meta.url), 'utf8')
  const ofWriters = [...docs.matchAll(/`(SPILLWAY_(?:ROW|KEY_CONFLICT|TABLE|WRITE|DATABASE)\w*)`/g)]
  const codes = [...new Set(ofWriters.map(([, code]) => code))]
  expect(codes).toHaveLength(7)
  for (const code of codes) expect(cases).toContain(`${code}`)
})
