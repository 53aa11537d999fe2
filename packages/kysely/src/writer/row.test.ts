import type { MessageRecord } from '@spillway/message'
import { describe, expect, it } from 'vitest'
import { type ColumnType, encodeValue } from '../engines/postgres/encode-value.ts'
import { record } from '../testing/database.ts'
import { createRowMapper, groupByColumns, mergeKeys, type Row, sortByKey } from './row.ts'

const text: ColumnType = { sqlType: 'text', unnestable: true, list: false, json: false }
const types = new Map(['id', 'tenant', 'note'].map((name) => [name, text]))

function mapperFor(conflict: readonly string[]) {
  const map = (message: MessageRecord<unknown>) => message.body as object
  const columnName = (column: string) => column
  return createRowMapper({ map, conflict, types, columnName, encode: encodeValue })
}
function row(values: unknown, position = 0, conflict = ['id']) {
  return mapperFor(conflict)(record(values), position)
}
const sameBatch = mapperFor(['id'])
const rowOf = (values: object, position = 0) => sameBatch(record(values), position) as Row

describe('createRowMapper', () => {
  it('leaves columns without a value out and sorts the others', () => {
    expect(row({ note: 'n', tenant: undefined, id: 1 })).toMatchObject({
      columns: ['id', 'note'],
      values: ['1', 'n'],
      key: '1',
    })
  })

  it.each([[{ note: 'x' }], [{ id: null }], [{ id: undefined }], [null], [7], [{ id: 1, note: () => 1 }]])(
    'parks %o',
    (values) => {
      expect(row(values)).toMatchObject({ kind: 'park', reason: { code: 'SPILLWAY_ROW_INVALID' } })
    },
  )

  it('does not park a row whose column is still to come', () => {
    expect(() => row({ id: 1, later: 2 })).toThrow(
      expect.objectContaining({ code: 'SPILLWAY_TABLE_UNKNOWN' }),
    )
  })

  it('does not take two keys for one', () => {
    const keys = [
      ['a', 'b,c'],
      ['a,b', 'c'],
      ['a"', 'b'],
    ].map(([id, tenant]) => (row({ id, tenant }, 0, ['id', 'tenant']) as Row).key)
    expect(new Set(keys).size).toBe(3)
  })
})

describe('mergeKeys', () => {
  it('gives back rows of which no two have one key', () => {
    const rows = sortByKey([rowOf({ id: 2 }), rowOf({ id: 1 })])
    expect(mergeKeys(rows)).toBe(rows)
    expect(mergeKeys([])).toEqual([])
  })

  it('keeps the first row of a key and all positions', () => {
    const merged = mergeKeys(
      sortByKey([
        rowOf({ id: 1, note: 'first' }, 0),
        rowOf({ id: 2 }, 1),
        rowOf({ id: 1, note: 'second' }, 2),
        rowOf({ id: 1 }, 3),
      ]),
    )
    expect(merged.map(({ values, positions }) => [values, positions])).toEqual([
      [
        ['1', 'first'],
        [0, 2, 3],
      ],
      [['2'], [1]],
    ])
  })
})

describe('groupByColumns', () => {
  it('makes one statement for each set of columns, sorted by key', () => {
    const rows = [
      rowOf({ id: 'c' }),
      rowOf({ id: 'b', note: 'x' }),
      rowOf({ id: 'a' }),
      rowOf({ note: 'y', id: 'd' }),
    ]
    expect(groupByColumns(sortByKey(rows)).map((group) => group.map(({ values }) => values[0]))).toEqual([
      ['a', 'c'],
      ['b', 'd'],
    ])
  })

  it('keeps rows with one key in their order', () => {
    const rows = Array.from({ length: 500 }, (_, index) => rowOf({ id: index % 3 }, index))
    const sorted = groupByColumns(sortByKey(rows)).flat()
    expect(sorted.map(({ positions }) => positions[0])).toEqual(
      [0, 1, 2].flatMap((id) => rows.flatMap((_, index) => (index % 3 === id ? [index] : []))),
    )
  })
})
