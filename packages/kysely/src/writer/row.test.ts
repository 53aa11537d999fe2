import type { MessageRecord, ParkOutcome } from '@spillway/message'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { encodeValue } from '../dialects/postgres/encode-value.ts'
import type { PostgresType } from '../dialects/postgres/postgres-facts.ts'
import type { Row } from '../dialects/table.ts'
import { record } from '../testing/database.ts'
import { createRowMapper } from './row.ts'

const text: PostgresType = { sqlType: 'text', unnestable: true, list: false, json: false }
const types = new Map(['id', 'tenant', 'note'].map((name) => [name, text]))

const circular: Record<string, unknown> = {}
circular.self = circular

function mapperFor(
  conflict: readonly string[],
  map: (message: MessageRecord<unknown>) => object = (message) => message.body as object,
) {
  const columnName = (column: string) => column
  return createRowMapper({
    table: 'orders',
    map,
    conflict,
    types,
    columnName,
    encode: (value) => encodeValue(value, text),
  })
}
function row(values: unknown, position = 0, conflict = ['id']) {
  return mapperFor(conflict)(record(values), position)
}

describe('createRowMapper', () => {
  it('omits columns without a value and sorts the others', () => {
    expect(row({ note: 'n', tenant: undefined, id: 1 })).toMatchObject({
      columns: ['id', 'note'],
      values: ['1', 'n'],
      key: '1',
    })
  })

  it.each([
    [{ note: 'x' }, 'The row has no value for the conflict column "id": a redelivery would write it twice.'],
    [{ id: null }, 'The row has no value for the conflict column "id": a redelivery would write it twice.'],
    [
      { id: undefined },
      'The row has no value for the conflict column "id": a redelivery would write it twice.',
    ],
    [new Map(), 'The row has no value for the conflict column "id": a redelivery would write it twice.'],
    [null, 'The row mapper returned null instead of an object of columns.'],
    [undefined, 'The row mapper returned undefined instead of an object of columns.'],
    [7, 'The row mapper returned a number instead of an object of columns.'],
    [[{ id: 1 }], 'The row mapper returned an array instead of an object of columns.'],
    [
      { id: 1, note: () => 1 },
      'The row mapper gives the column "note" a function, which no column can hold.',
    ],
    [
      { id: 1, note: new Date(Number.NaN) },
      'The row mapper gives the column "note" an invalid date, which no column can hold.',
    ],
    [
      { id: 1, note: sql`now()` },
      'The row mapper gives the column "note" a Kysely expression, which no column can hold.',
    ],
    [
      { id: 1, note: circular },
      'The row mapper gives the column "note" an object, which no column can hold.',
    ],
  ])('parks %o with the reason', (values, detail) => {
    const outcome = row(values)
    expect(outcome).toMatchObject({
      kind: 'park',
      reason: { code: 'SPILLWAY_ROW_INVALID', detail },
      cause: { code: 'SPILLWAY_ROW_INVALID', message: detail },
    })
  })

  it('parks the result of an asynchronous mapper, and handles its rejection', async () => {
    const rejected = async () => {
      throw new Error('x')
    }
    for (const [map, detail] of [
      [rejected, 'The row mapper returned a promise: it must not be asynchronous.'],
      [
        () => ({ id: 1, note: rejected() }),
        'The row mapper gives the column "note" a promise, which no column can hold.',
      ],
    ] as const) {
      expect(mapperFor(['id'], map)(record({}), 0)).toMatchObject({ kind: 'park', reason: { detail } })
    }
    await new Promise(setImmediate)
  })

  it.each([
    [new TypeError('secret'), 'a TypeError'],
    [Object.assign(new Error('secret'), { name: 'OrderError' }), 'an OrderError'],
    [Object.assign(new Error('secret'), { name: 'the secret is: 7' }), 'an Error'],
    ['secret', 'a string, which is not an Error'],
    [undefined, 'undefined, which is not an Error'],
  ])('parks a message for which the mapper throws, with %o only in the log', (thrown, words) => {
    for (const mapped of [
      () => {
        throw thrown
      },
      // A column of its row may be a getter.
      () => ({
        id: 1,
        get note() {
          throw thrown
        },
      }),
    ]) {
      const outcome = mapperFor(['id'], mapped)(record({}), 0)
      const detail = `The row mapper threw ${words}.`
      expect(outcome).toMatchObject({ kind: 'park', reason: { code: 'SPILLWAY_ROW_INVALID', detail } })
      const { cause } = outcome as ParkOutcome
      expect(cause).toMatchObject({ code: 'SPILLWAY_ROW_INVALID' })
      expect((cause as Error).cause).toBe(thrown)
    }
  })

  it.each([
    [{ id: 1, later: 2 }, 'column "later":'],
    [{ id: 1, b: 2, a: 1 }, 'column "a", "b":'],
    [{ id: 1, 'Ada, 7 Main Street': 1 }, 'column (whose name is not an identifier):'],
    [
      Object.fromEntries(['id', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7'].map((name) => [name, 1])),
      'column "c1", "c2", "c3", "c4", "c5" and 2 more:',
    ],
  ])('does not park a row whose column does not exist yet, and names the column: %o', (values, named) => {
    expect(() => row(values)).toThrow(
      expect.objectContaining({
        code: 'SPILLWAY_TABLE_UNKNOWN',
        message: `The table "orders" has no ${named} run the migration, or correct the row mapper.`,
      }),
    )
  })

  it('distinguishes keys of several columns', () => {
    const keys = [
      ['a', 'b,c'],
      ['a,b', 'c'],
      ['a"', 'b'],
    ].map(([id, tenant]) => (row({ id, tenant }, 0, ['id', 'tenant']) as Row).key)
    expect(new Set(keys).size).toBe(3)
  })
})
