import { randomUUID } from 'node:crypto'
import type { MessageRecord } from '@spillway/message'
import { Kysely, PostgresDialect, type PostgresPool } from 'kysely'
import { Pool } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { kyselyWriter, postgresPool } from '../../index.ts'
import { clear, execute, record, startDatabase, timeLimit } from '../../testing/database.ts'

interface Row {
  id: string
  total: number
  doc: unknown
  at: Date
  bytes: Uint8Array
  amount: string
}

let database: Awaited<ReturnType<typeof startDatabase>>
beforeAll(async () => {
  database = await startDatabase()
  await execute(
    database.url,
    `create table things (id uuid primary key, total int, doc jsonb, at timestamptz, bytes bytea, amount numeric)`,
  )
})
beforeEach(() => clear(database.url, ['things']))
afterAll(() => database[Symbol.asyncDispose]())

const body = (id: string): Row => ({
  id,
  total: 7,
  doc: { a: [1] },
  at: new Date('2026-01-02T03:04:05.678Z'),
  bytes: Buffer.from([0, 255]),
  amount: '1.50',
})
const bodies = (count: number) => Array.from({ length: count }, () => body(randomUUID()))

type Query = (text: string, values: readonly unknown[]) => unknown

/** A pool whose queries pass through a function, and the parameters of the inserts that its clients received. */
function poolWith(pass: (text: string, values: readonly unknown[], query: Query) => unknown) {
  const inserts: { text: string; values: readonly unknown[] }[] = []
  const pool = new Pool({ connectionString: database.url, max: 1 })
  const seen: PostgresPool = {
    options: {},
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect()
      const query = (text: string, values: readonly unknown[]) => client.query(text, [...values])
      return {
        release: () => client.release(),
        query: (async (text: string, values: readonly unknown[] = []) => {
          if (/^insert/.test(text)) inserts.push({ text, values })
          return pass(text, values, query)
        }) as never,
      }
    },
  }
  return { pool: seen, inserts }
}

async function writeTo(pool: PostgresPool, count: number, types?: Record<string, string>) {
  await using db = new Kysely<{ things: Row }>({ dialect: new PostgresDialect({ pool }) })
  const write = kyselyWriter({
    db,
    insertInto: 'things',
    row: (message: MessageRecord<Row>) => message.body,
    conflict: 'id',
    ...(types && { types }),
  })
  const rows = bodies(count)
  const outcomes = await write(
    rows.map((row) => record(row)),
    timeLimit(),
  )
  expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['done']))
  const stored = await db.selectFrom('things').selectAll().orderBy('id').execute()
  expect(stored).toEqual(rows.toSorted((a, b) => (a.id < b.id ? -1 : 1)))
}

const kinds = (values: readonly unknown[] = []) =>
  values.map((value) => (Buffer.isBuffer(value) ? 'bytes' : typeof value)).join(' ')
const types = {
  id: 'uuid',
  total: 'int4',
  doc: 'jsonb',
  at: 'timestamptz',
  bytes: 'bytea',
  amount: 'numeric',
}

describe('through node-postgres', () => {
  it('a batch is sent as arrays in binary form, except for types without a binary form', async () => {
    const { pool, inserts } = poolWith((text, values, query) => query(text, values))
    await writeTo(pool, 20)
    // Sorted by name: amount, at, bytes, doc, id, total.
    expect(inserts.map(({ values }) => kinds(values))).toEqual(['string bytes bytes bytes bytes bytes'])
    expect(inserts[0]?.text).toContain('select unnest($1::numeric[]), unnest($2::timestamp with time zone[])')
  })

  it('a few rows are sent as a plain insert', async () => {
    const { pool, inserts } = poolWith((text, values, query) => query(text, values))
    await writeTo(pool, 2)
    expect(inserts.map(({ values }) => kinds(values))).toEqual([
      'string string bytes string string string string string bytes string string string',
    ])
    expect(inserts[0]?.text).toMatch(/ values \(\$1, .*\), \(\$7, .*\$12\) on conflict \("id"\) do nothing$/)
  })

  it('values are cast to declared types in a batch of any size', async () => {
    for (const count of [2, 20]) {
      await clear(database.url, ['things'])
      const { pool, inserts } = poolWith((text, values, query) => query(text, values))
      await writeTo(pool, count, types)
      expect(inserts.map(({ values }) => kinds(values))).toEqual(['string bytes bytes bytes bytes bytes'])
      expect(inserts[0]?.text).toContain('$2::timestamptz[]')
    }
  })

  it('a postgresPool sends both', async () => {
    for (const count of [2, 20]) {
      await clear(database.url, ['things'])
      await writeTo(postgresPool({ Pool, connectionString: database.url }), count)
    }
  })

  it('a server that cannot read binary arrays gets texts', async () => {
    const { pool, inserts } = poolWith((text, values, query) => {
      const isRead = !/^insert/.test(text) || !values.some((value) => Buffer.isBuffer(value))
      if (isRead) return query(text, values)
      throw Object.assign(new Error('incorrect binary data format'), { code: '22P03', severity: 'ERROR' })
    })
    await writeTo(pool, 20)
    expect(inserts.map(({ values }) => kinds(values))).toEqual([
      'string bytes bytes bytes bytes bytes',
      'string string string string string string',
    ])
  })
})

describe('through another driver', () => {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Buffer.isBuffer(value)

  it.each([
    ['that rejects an object', undefined],
    ['that makes a text of an object', String],
    ['that makes JSON of an object', JSON.stringify],
  ])('%s all values are sent as text', async (_, make) => {
    const { pool, inserts } = poolWith((text, values, query) => {
      if (make === undefined && values.some(isObject)) throw new TypeError('what is that?')
      return query(
        text,
        values.map((value) => (isObject(value) && make !== undefined ? make(value) : value)),
      )
    })
    await writeTo(pool, 20)
    expect(inserts[0]?.text).toContain('select unnest($1::numeric[])')
    for (const { values } of inserts) expect(kinds(values)).toBe('string string string string string string')
  })
})
