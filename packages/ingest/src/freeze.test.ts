import { expect, it } from 'vitest'
import { freeze } from './freeze.ts'

it('freezes objects and arrays, however deep, and nothing else', () => {
  const at = new Date(0)
  const value = freeze({ a: [{ b: { c: 1 } }], at, n: null, map: new Map() })
  expect(() => {
    ;(value.a[0] as { b: { c: number } }).b.c = 2
  }).toThrow(TypeError)
  expect(() => value.a.push({ b: { c: 1 } })).toThrow(TypeError)
  at.setTime(5)
  value.map.set(1, 1)
  expect(value.at.getTime()).toBe(5)
})

it.each([null, undefined, 1, 'a'])('lets %j be', (value) => {
  expect(freeze(value)).toBe(value)
})

it('takes an object that holds itself, and a deep nest', () => {
  const self: { me?: object } = {}
  self.me = self
  expect(Object.isFrozen(freeze(self))).toBe(true)
  let deep: unknown[] = []
  for (let level = 0; level < 100_000; level++) deep = [deep]
  expect(Object.isFrozen(freeze(deep)[0])).toBe(true)
})
