import { randomUUID } from 'node:crypto'
import type { MessageRecord } from '@spillway/message'
import {
  CamelCasePlugin,
  InsertQueryNode,
  type Kysely,
  type PluginTransformQueryArgs,
  TableNode,
} from 'kysely'
import { describe, expect, it } from 'vitest'
import { kyselyWriter } from '../index.ts'
import { execute, openKysely, record, timeLimit } from '../testing/database.ts'
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

describe('a batch', () => {
  it('without messages is done without a statement', async () => {
    const { write, inserts } = itemWriter(database.url)
    expect(await write([], timeLimit())).toEqual([])
    expect(inserts).toHaveLength(0)
  })

  it('of 1,000 rows is one statement, whose text does not depend on the size', async () => {
    const { write, inserts } = itemWriter(database.url)
    const batch = items(1000)
    expect(kinds(await write(batch, timeLimit()))).toEqual(['done'])
    expect(inserts).toHaveLength(1)
    expect(await count(database.url)).toBe(1000)
    await write(items(30), timeLimit())
    expect(inserts[1]).toBe(inserts[0])
  })

  it('of a few rows is a plain insert', async () => {
    const { write, inserts } = itemWriter(database.url)
    expect(kinds(await write(items(3), timeLimit()))).toEqual(['done'])
    expect(await count(database.url)).toBe(3)
    expect(inserts).toEqual([
      'insert into "items" ("id", "note", "parent", "total") values ($1, $2, $3, $4), ($5, $6, $7, $8), ($9, $10, $11, $12) on conflict ("id") do nothing',
    ])
  })

  it('is split by rowsPerStatement into separate transactions', async () => {
    const { db, inserts } = openKysely<Database>(database.url)
    const write = kyselyWriter({
      db,
      insertInto: 'items',
      row: (message: MessageRecord<Item>) => fields(message.body),
      conflict: 'id',
      rowsPerStatement: 40,
    })
    const batch = items(100, (index) => (index === 70 ? { total: -1 } : {}))
    const outcomes = await write(batch, timeLimit())
    expect(outcomes.flatMap(({ kind }, index) => (kind === 'done' ? [] : [index]))).toEqual([70])
    expect(await count(database.url)).toBe(99)
    inserts.length = 0
    await write(items(80), timeLimit())
    expect(inserts).toHaveLength(2)
  })

  it('applies a plugin of the user to each statement', async () => {
    const { db, inserts } = openKysely<Database>(database.url)
    let tables = ['items', 'shop.items']
    class Elsewhere extends CamelCasePlugin {
      override transformQuery({ node }: PluginTransformQueryArgs) {
        if (!InsertQueryNode.is(node)) return node
        const [next = ''] = tables
        tables = tables.slice(1)
        const [name = '', schema] = next.split('.').reverse()
        const into = schema === undefined ? TableNode.create(name) : TableNode.createWithSchema(schema, name)
        return { ...node, into }
      }
    }
    const write = kyselyWriter({
      db: db.withPlugin(new Elsewhere()),
      insertInto: 'items',
      row: ({ body: { id } }: MessageRecord<Item>) => ({ id, total: 1 }),
      conflict: 'id',
      types: { id: 'uuid', total: 'int8' },
    })
    tables = ['items', 'shop.items']
    for (const batch of [items(1), items(1)]) expect(kinds(await write(batch, timeLimit()))).toEqual(['done'])
    expect(inserts.map((text) => text.slice(0, 26))).toEqual([
      'insert into "items" ("id",',
      'insert into "shop"."items"',
    ])
  })

  it('with one key five times writes one row, the first', async () => {
    const { write } = itemWriter(database.url)
    const id = randomUUID()
    const batch = [5, 4, 3, 2, 1].map((total) => record<Item>({ id, total }))
    expect(await write(batch, timeLimit())).toEqual(new Array(5).fill({ kind: 'done' }))
    expect(await execute(database.url, 'select total from items')).toEqual([{ total: '5' }])
  })

  it('treats keys as one that only the database recognizes as equal', async () => {
    const { write } = itemWriter(database.url)
    const id = randomUUID()
    const outcomes = await write([record<Item>({ id }), record<Item>({ id: id.toUpperCase() })], timeLimit())
    expect(kinds(outcomes)).toEqual(['done'])
    expect(await count(database.url)).toBe(1)
  })

  it('that is delivered again changes nothing', async () => {
    const { write } = itemWriter(database.url)
    const batch = items(20)
    await write(batch, timeLimit())
    const again = batch.map(({ body }) => record<Item>({ ...body, total: 99 }, { receiveCount: 2 }))
    expect(kinds(await write(again, timeLimit()))).toEqual(['done'])
    expect(await execute(database.url, 'select distinct total from items')).toEqual([{ total: '1' }])
  })

  it('parks only the message for which its mapper throws', async () => {
    const { db } = openKysely<Database>(database.url)
    const row = ({ body }: MessageRecord<Item>) => {
      if (body.note === 'x') throw new TypeError('secret')
      return fields(body)
    }
    const write = kyselyWriter({ db, insertInto: 'items', row, conflict: 'id' })
    const outcomes = await write(
      items(3, (index) => (index === 1 ? { note: 'x' } : {})),
      timeLimit(),
    )
    expect(outcomes).toEqual([
      { kind: 'done' },
      {
        kind: 'park',
        reason: { code: 'SPILLWAY_ROW_INVALID', detail: 'The row mapper threw a TypeError.' },
        cause: expect.objectContaining({ code: 'SPILLWAY_ROW_INVALID' }),
      },
      { kind: 'done' },
    ])
    // The log gets the error with its stack; the parked copy does not.
    expect(outcomes[1]).toHaveProperty('cause.cause.message', 'secret')
    expect(outcomes[1]).toHaveProperty('cause.cause.stack', expect.stringContaining('kysely-writer.test.ts'))
  })

  it('names an unknown column by its names in the row and in the database', async () => {
    const { db } = openKysely<Database>(database.url)
    const row = ({ body }: MessageRecord<Item>) => ({ ...fields(body), totalCents: 1, note2: 'x' }) as never
    const camel = db.withPlugin(new CamelCasePlugin())
    const write = kyselyWriter({ db: camel, insertInto: 'items', row, conflict: 'id' })
    const message =
      'The table "items" has no column "note2", "totalCents" ("total_cents" in the database): run the migration, or correct the row mapper.'
    expect(await write(items(1), timeLimit())).toEqual([
      {
        kind: 'retry',
        cause: expect.objectContaining({ code: 'SPILLWAY_TABLE_UNKNOWN', message }),
      },
    ])
  })

  it('does not exceed its connections in 20 concurrent calls', async () => {
    const { write } = itemWriter(database.functionsUrl, 2)
    database.resetPeak()
    const answers = await Promise.all(Array.from({ length: 20 }, () => write(items(50), timeLimit())))
    expect(kinds(answers.flat())).toEqual(['done'])
    expect(database.peakConnections()).toBe(2)
    expect(await count(database.url)).toBe(1000)
  })
})

describe('kyselyWriter', () => {
  const db = { insertInto() {}, withoutPlugins() {} } as unknown as Kysely<Database>
  const row = () => ({ id: '' })
  it.each([
    {},
    { db, insertInto: 'items', row, conflict: [] },
    { db, insertInto: 'items', row, conflict: '' },
    { db, insertInto: '', row, conflict: 'id' },
    { db, insertInto: 'items', row: 1, conflict: 'id' },
    { db: {}, insertInto: 'items', row, conflict: 'id' },
    { db, insertInto: 'items', row, conflict: 'id', conflicts: 'id' },
  ])('refuses the options %o', (options) => {
    expect(() => kyselyWriter(options as never)).toThrow(
      expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID' }),
    )
  })
})
