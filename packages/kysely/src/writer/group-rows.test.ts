import { describe, expect, it } from 'vitest'
import { encodeValue } from '../dialects/postgres/encode-value.ts'
import type { Row } from '../dialects/table.ts'
import { record } from '../testing/database.ts'
import { groupByColumns, groupInOrder, mergeKeys, sortByKey } from './group-rows.ts'
import { createRowMapper } from './row.ts'

const typeOf = (sqlType: string) => ({ sqlType, unnestable: true, list: false, json: false })

function mapperOf(keyType: string) {
  const toRow = createRowMapper({
    table: 'orders',
    map: (message) => message.body as object,
    conflict: ['id'],
    types: new Map([
      ['id', typeOf(keyType)],
      ['note', typeOf('text')],
      ['x', typeOf('integer')],
    ]),
    columnName: (column) => column,
    encode: encodeValue,
  })
  return (values: object, position = 0, receiveCount = 1) =>
    toRow(record(values, { receiveCount }), position) as Row
}
const rowOf = mapperOf('text')

describe('mergeKeys', () => {
  it('returns rows with different keys unchanged', () => {
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
  it('creates one statement for each set of columns, sorted by key', () => {
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

describe('groupInOrder', () => {
  const positions = (groups: readonly (readonly Row[])[]) =>
    groups.map((group) => group.map((row) => row.positions[0]))

  it('puts a later row of a key in a later statement, and other rows in one statement for each set of columns', () => {
    const rows = [
      rowOf({ id: 'a', x: 1 }, 0),
      rowOf({ id: 'b', x: 2, note: 'y' }, 1),
      rowOf({ id: 'b', x: 3 }, 2),
      rowOf({ id: 'c', x: 4, note: 'z' }, 3),
    ]
    expect(positions(groupInOrder(sortByKey(rows)))).toEqual([[0], [1, 3], [2]])
  })

  it('creates one statement for rows with the same columns', () => {
    const rows = [2, 1, 2].map((id, index) => rowOf({ id }, index))
    expect(positions(groupInOrder(sortByKey(rows)))).toEqual([[1, 0, 2]])
    expect(groupInOrder([])).toEqual([])
  })

  it.each([
    ['uuid', '0195A1C2-0000-7000-8000-00000000000A', '{0195a1c20000700080000000-0000000a}'],
    ['bigint', '7', '+007'],
    ['int', ' -7', '-7'],
  ])('treats two notations of a %s as one key', (type, one, other) => {
    const row = mapperOf(type)
    const rows = [row({ id: other, x: 1, note: 'n' }, 0), row({ id: one, x: 2 }, 1)]
    expect(positions(groupInOrder(sortByKey(rows)))).toEqual([[0], [1]])
    expect(positions(groupInOrder(sortByKey(rows.toReversed())))).toEqual([[1], [0]])
  })

  it('keeps the order of delivery if equal keys of the type may have different texts', () => {
    const row = mapperOf('numeric')
    const rows = [
      row({ id: '9.0', x: 1, note: 'n' }, 0),
      row({ id: '1', x: 1, note: 'n' }, 1),
      row({ id: '9', x: 2 }, 2),
      row({ id: '9.00', x: 3, note: 'n' }, 3),
    ]
    expect(positions(groupInOrder(sortByKey(rows)))).toEqual([[0, 1], [2], [3]])
  })

  it('keeps rows of one key together in the search for refused rows, even if only one of them was redelivered', () => {
    const rows = [rowOf({ id: 'a' }, 0), rowOf({ id: 'b' }, 1), rowOf({ id: 'b' }, 2, 2)]
    const [group] = groupInOrder(sortByKey(rows))
    expect(group?.map(({ redelivered }) => redelivered)).toEqual([undefined, true, true])
  })
})
