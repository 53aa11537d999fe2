import { expect, it } from 'vitest'
import { chunkRows } from './chunks.ts'
import type { Row, Value } from './table.ts'

const row = (...values: Value[]): Row => ({
  columns: values.map((_, index) => `c${index}`),
  values,
  key: '',
  isKeyPlain: true,
  receiveCount: 1,
  positions: [0],
})
const sizes = (chunks: readonly (readonly Row[])[]) => chunks.map((chunk) => chunk.length)

it('fills statements up to the limit on parameters', () => {
  const rows = Array.from({ length: 7 }, () => row(1, 2, 3))
  expect(sizes(chunkRows(rows, { parameters: 9 }))).toEqual([3, 3, 1])
  expect(chunkRows(rows, { parameters: 9 }).flat()).toEqual(rows)
  expect(sizes(chunkRows(rows, { parameters: 2 }))).toEqual([1, 1, 1, 1, 1, 1, 1])
})

it('counts texts in bytes and bytes in hex, and gives a row that is too large its own statement', () => {
  const text = (length: number) => row('é'.repeat(length / 2))
  expect(sizes(chunkRows([text(46), text(46), text(46)], { parameters: 100, bytes: 100 }))).toEqual([2, 1])
  expect(sizes(chunkRows([text(10), text(500), text(10)], { parameters: 100, bytes: 100 }))).toEqual([
    1, 1, 1,
  ])
  const bytes = row(new Uint8Array(23))
  expect(sizes(chunkRows([bytes, bytes, bytes], { parameters: 100, bytes: 100 }))).toEqual([2, 1])
})

it('creates no statement for an empty list', () => {
  expect(chunkRows([], { parameters: 9, bytes: 9 })).toEqual([])
})
