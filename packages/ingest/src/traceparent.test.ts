import { expect, it } from 'vitest'
import { toTraceparent } from './traceparent.ts'

const trace = '0af7651916cd43dd8448eb211c80319c'
const parent = 'b7ad6b7169203331'

it.each([
  [`00-${trace}-${parent}-01`, `00-${trace}-${parent}-01`],
  [`cc-${trace}-${parent}-01`, `00-${trace}-${parent}-01`],
  [`cc-${trace}-${parent}-01-what-comes`, `00-${trace}-${parent}-01`],
  [`00-${trace}-${parent}-01-more`, undefined],
  [`ff-${trace}-${parent}-01`, undefined],
  [`00-${'0'.repeat(32)}-${parent}-01`, undefined],
  [`00-${trace}-${'0'.repeat(16)}-01`, undefined],
  [`00-${trace.toUpperCase()}-${parent}-01`, undefined],
  ['x', undefined],
  [undefined, undefined],
])('reads %s', (value, expected) => {
  expect(toTraceparent(value)).toBe(expected)
})
