import * as fc from 'fast-check'
import { expect, inject, it } from 'vitest'
import { findUnstorable } from './inspect-body.ts'

it.each([
  ['a\0b', '', 'The text holds U+0000 (NUL), which a database cannot store'],
  [{ a: [1, { b: '\uFFFE' }] }, '/a/1/b', 'The text holds U+FFFE, which a queue cannot hold'],
  [{ 'x/y': '\uFFFF' }, '/x~1y', 'The text holds U+FFFF, which a queue cannot hold'],
  [['\uD800'], '/0', 'The text holds a lone surrogate, which UTF-8 cannot encode'],
  [{ 'k\0': 1 }, '/k\0', 'The name holds U+0000 (NUL), which a database cannot store'],
  [{ n: [1, JSON.parse('1e400')] }, '/n/1', 'The number is not finite, which JSON cannot hold'],
  [Number.NaN, '', 'The number is not finite, which JSON cannot hold'],
])('finds what cannot be stored in %j', (body, path, message) => {
  expect(findUnstorable(body)).toStrictEqual([{ path, message }])
})

it('lists places in the order of the body', () => {
  expect(findUnstorable({ a: ['\0', '\0'], b: '\0' }).map(({ path }) => path)).toStrictEqual([
    '/a/0',
    '/a/1',
    '/b',
  ])
})

it.each([['naïve 😀 \u0001\uFFFD'], [null], [1], [{}], [true], [undefined], [[]]])('lets %j pass', (body) => {
  expect(findUnstorable(body)).toStrictEqual([])
})

it('looks into any depth and stops at a hundred places', () => {
  let deep: unknown = '\0'
  for (let level = 0; level < 100_000; level++) deep = [deep]
  expect(findUnstorable(deep)).toHaveLength(1)
  expect(findUnstorable(Array(5000).fill('\0'))).toHaveLength(100)
})

it('takes no room for the values of long lists', () => {
  const long = Array.from({ length: 2_500_000 }, () => 0)
  const before = process.memoryUsage().heapUsed
  expect(findUnstorable([long])).toStrictEqual([])
  expect(findUnstorable([long, '\0'])).toHaveLength(1)
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000_000)
})

it('looks into more values than a call can have arguments', () => {
  expect(findUnstorable(Array.from({ length: 500_000 }, () => ({})))).toStrictEqual([])
})

it('looks once into a body that holds itself', () => {
  const self: Record<string, unknown> = { text: 'a', bad: '\0' }
  for (let place = 0; place < 1000; place++) self[`me${place}`] = self
  expect(findUnstorable(self)).toHaveLength(1)
  self.bad = 'b'
  expect(findUnstorable(self)).toStrictEqual([])
})

it('agrees with a search of the JSON text', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (body) => {
      // What `JSON.stringify` escapes as lone surrogates and NUL, and what it leaves bare.
      const found = /\\u0000|\\ud[89a-f]|\uFFFE|\uFFFF/.test(JSON.stringify(body).replaceAll('\\\\', ''))
      expect(findUnstorable(body).length > 0).toBe(found)
    }),
    { numRuns: inject('soak') ? 2000 : 400 },
  )
})
