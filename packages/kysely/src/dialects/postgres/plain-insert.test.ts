import { randomUUID } from 'node:crypto'
import type { MessageRecord, Writer } from '@spillway/message'
import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { kyselyWriter, postgresPool } from '../../index.ts'
import { execute, record, startDatabase, timeLimit } from '../../testing/database.ts'

type Row = Record<string, unknown> & { id: string }
type Column = readonly [name: string, type: string]

const columns: readonly Column[] = [
  ['words', 'text'],
  ['short', 'varchar(3)'],
  ['mood', 'mood'],
  ['plain', 'json'],
  ['doc', 'jsonb'],
  ['uid', 'uuid'],
  ['small', 'smallint'],
  ['whole', 'int'],
  ['big', 'bigint'],
  ['flag', 'boolean'],
  ['double', 'double precision'],
  ['bytes', 'bytea'],
  ['day', 'date'],
  ['local', 'timestamp'],
  ['local0', 'timestamp(0)'],
  ['at', 'timestamptz'],
  ['bits', 'bit(8)'],
  ['hour', 'time'],
  ['days', 'date[]'],
  ['amount', 'numeric(10, 2)'],
]

let database: Awaited<ReturnType<typeof startDatabase>>
let db: Kysely<Record<string, Row>>
let write: Writer<Row>
beforeAll(async () => {
  database = await startDatabase()
  const list = columns.map(([name, type]) => `"${name}" ${type}`).join(', ')
  await execute(
    database.url,
    `create type mood as enum ('happy', 'sad'); create table written (id uuid primary key, ${list});
     create table plainly (id uuid primary key, ${list})`,
  )
  db = new Kysely({
    dialect: new PostgresDialect({ pool: postgresPool({ Pool: pg.Pool, connectionString: database.url }) }),
  })
  write = kyselyWriter({
    db,
    insertInto: 'written',
    row: ({ body }: MessageRecord<Row>) => body,
    conflict: 'id',
  })
})
afterAll(async () => {
  await db.destroy()
  await database[Symbol.asyncDispose]()
})

/** The value of a column, as Postgres writes it. */
async function stored(table: string, column: string, id: string): Promise<string | undefined> {
  const text = sql<string>`${sql.ref(column)}::text`.as('value')
  return (await db.selectFrom(table).select(text).where('id', '=', id).executeTakeFirst())?.value
}

/** The values that a plain insert and the writer store: alone, and among so many that they are sent as arrays. */
async function compare(column: string, value: unknown) {
  const id = randomUUID()
  const plain = await db
    .insertInto('plainly')
    .values({ id, [column]: value })
    .execute()
    .then(() => stored('plainly', column, id))
    .catch(() => 'refused')
  const written: unknown[] = []
  for (const others of [0, 30]) {
    const row = { id: randomUUID(), [column]: value }
    const rest = Array.from({ length: others }, () => record({ id: randomUUID(), [column]: null }))
    const outcomes = await write([record(row), ...rest], timeLimit())
    for (const outcome of outcomes.slice(1)) expect(outcome.kind).toBe('done')
    written.push(outcomes[0]?.kind === 'park' ? 'refused' : await stored('written', column, row.id))
  }
  return { plain, alone: written[0], among: written[1] }
}

/** The same for many values that are all accepted; those among others are in one batch. */
async function compareAll(column: string, values: readonly unknown[]) {
  const rows = () => values.map((value) => ({ id: randomUUID(), [column]: value }))
  const [plain, alone, among] = [rows(), rows(), rows()]
  await db.insertInto('plainly').values(plain).execute()
  for (const row of alone) expect(await write([record(row)], timeLimit())).toEqual([{ kind: 'done' }])
  const others = Array.from({ length: 30 }, () => record({ id: randomUUID(), [column]: null }))
  const outcomes = await write([...among.map((row) => record(row)), ...others], timeLimit())
  expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['done']))
  const text = sql<string>`${sql.ref(column)}::text`.as('value')
  const texts = async (table: string, written: readonly { id: string }[]) => {
    const ids = written.map(({ id }) => id)
    const found = await db.selectFrom(table).select(['id', text]).where('id', 'in', ids).execute()
    const byId = new Map(found.map(({ id, value }) => [id, value]))
    return ids.map((id) => byId.get(id))
  }
  return {
    plain: await texts('plainly', plain),
    alone: await texts('written', alone),
    among: await texts('written', among),
  }
}

describe('the writer stores the same as a plain insert', () => {
  const uuid = randomUUID()
  it.each([
    ['words', Buffer.from('hé😀'), 'hé😀'],
    ['words', Buffer.from([0xff, 0xfe]), 'refused'],
    ['words', 5n, '5'],
    ['words', new Uint8Array([65, 66]), 'AB'],
    ['words', { toPostgres: () => Buffer.from('AB') }, 'AB'],
    ['short', Buffer.from('abcd'), 'refused'],
    ['mood', Buffer.from('sad'), 'sad'],
    ['plain', Buffer.from('{"a":  1}'), '{"a":  1}'],
    ['plain', Buffer.from('{'), 'refused'],
    ['doc', Buffer.from('\u0001{"a":  1}'), '{"a": 1}'],
    ['doc', Buffer.from('{"a":  1}'), 'refused'],
    ['uid', Buffer.from(uuid.replaceAll('-', ''), 'hex'), uuid],
    ['uid', Buffer.from(uuid), 'refused'],
    ['uid', uuid.toUpperCase(), uuid],
    ['uid', `{${uuid}}`, uuid],
    ['uid', uuid.replaceAll('-', ''), uuid],
    ['small', Buffer.from([1, 2]), '258'],
    ['whole', Buffer.from([255, 255, 255, 255]), '-1'],
    ['whole', Buffer.from('7'), 'refused'],
    ['whole', 5n, '5'],
    ['whole', -0, '0'],
    ['whole', 2 ** 31, 'refused'],
    ['whole', 1.5, 'refused'],
    ['whole', ' 7 ', '7'],
    ['big', Buffer.from([127, 255, 255, 255, 255, 255, 255, 255]), '9223372036854775807'],
    ['big', 2n ** 63n - 1n, '9223372036854775807'],
    ['big', 2n ** 63n, 'refused'],
    ['flag', Buffer.from([1]), 'true'],
    ['flag', 1, 'true'],
    ['flag', 'yes', 'true'],
    ['double', Number.NaN, 'NaN'],
    ['double', Buffer.from('8000000000000000', 'hex'), '-0'],
    ['bytes', Buffer.from([0, 255]), '\\x00ff'],
    ['bytes', 'a\\\\b', '\\x615c62'],
    ['bits', 5n, 'refused'],
    ['bits', '00000101', '00000101'],
    ['amount', 1.005, '1.01'],
    ['amount', '1.5', '1.50'],
    ['hour', '24:00:00', '24:00:00'],
  ])('%s: %o', async (column, value, expected) => {
    expect(await compare(column, value)).toEqual({ plain: expected, alone: expected, among: expected })
  })

  const dates = [
    '1890-06-01T00:00:00.000',
    '1850-12-31T23:59:59.999',
    '1969-12-31T23:59:59.999',
    '2026-07-01T00:00:00.000',
    '2026-01-01T23:59:59.999',
    '0099-03-01T00:00:00.000',
    '-000043-03-15T12:00:00.000',
    '+012026-03-15T12:00:00.000',
  ]
  const kinds = ['day', 'local', 'local0', 'at', 'words', 'days'] as const

  // With `parseInputDatesAsUTC`, the zone has no effect.
  describe.each([
    ['UTC', [false]],
    ['Europe/Berlin', [false]],
    ['America/New_York', [false, true]],
    ['Africa/Monrovia', [false]],
    ['Asia/Kathmandu', [false, true]],
  ])('of a date in %s', (zone, settings) => {
    it.each(settings)('with parseInputDatesAsUTC = %s', async (asUtc) => {
      vi.stubEnv('TZ', zone)
      const before = pg.defaults.parseInputDatesAsUTC
      pg.defaults.parseInputDatesAsUTC = asUtc
      try {
        for (const column of kinds) {
          const values = dates.map((text) => (column === 'days' ? [new Date(text)] : new Date(text)))
          const { plain, alone, among } = await compareAll(column, values)
          expect(plain).not.toContain(undefined)
          expect({ column, alone, among }).toEqual({ column, alone: plain, among: plain })
        }
        // Some of them are refused, which is tested for each value.
        for (const text of dates.filter((_, index) => index % 2 === 0)) {
          const { plain, alone, among } = await compare('hour', new Date(text))
          expect({ text, alone, among }).toEqual({ text, alone: plain, among: plain })
        }
      } finally {
        pg.defaults.parseInputDatesAsUTC = before
        vi.unstubAllEnvs()
      }
    })
  })

  it('on the local day', async () => {
    vi.stubEnv('TZ', 'Europe/Berlin')
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(await compare('day', new Date(1890, 5, 1))).toMatchObject({
      alone: '1890-06-01',
      among: '1890-06-01',
    })
  })

  it('on the day according to parseInputDatesAsUTC', async () => {
    vi.stubEnv('TZ', 'America/New_York')
    pg.defaults.parseInputDatesAsUTC = true
    onTestFinished(() => {
      vi.unstubAllEnvs()
      pg.defaults.parseInputDatesAsUTC = false
    })
    const date = new Date('2026-01-02T00:00:00Z')
    expect(await compare('day', date)).toEqual({
      plain: '2026-01-02',
      alone: '2026-01-02',
      among: '2026-01-02',
    })
  })
})

it('keeps the cached statements of few and of many rows apart, regardless of the names of columns', async () => {
  await execute(database.url, 'create table numbered (id text primary key, "2" int default 9)')
  type Numbered = Record<string, string | number> & { id: string }
  const write = kyselyWriter({
    db: db as unknown as Kysely<{ numbered: Numbered }>,
    insertInto: 'numbered',
    row: ({ body }: MessageRecord<Numbered>) => body,
    conflict: 'id',
  })
  const send = async (count: number, prefix: string, others: object) => {
    const records = Array.from({ length: count }, (_, n) => record({ ...others, id: `${prefix}${n}` }))
    return (await write(records, timeLimit())).map(({ kind }) => kind)
  }
  expect(await send(20, 'many', { 2: 1 })).toEqual(new Array(20).fill('done'))
  expect(await send(2, 'few', {})).toEqual(['done', 'done'])
  const { rows } =
    await sql`select "2" as two, count(*)::int as count from numbered group by 1 order by 1`.execute(db)
  expect(rows).toEqual([
    { two: 1, count: 20 },
    { two: 9, count: 2 },
  ])
})
