import { expect, it } from 'vitest'
import { equalJitter, fullJitter } from './internal.ts'

it.each([
  [1, 0.5, 50],
  [2, 0.5, 100],
  [3, 1, 400],
  [5, 1, 1000],
  [5000, 1, 1000],
  [3, 0, 0],
])('waits after attempt %i with the random number %d: %i ms', (attempt, random, ms) => {
  expect(fullJitter({ base: 100, cap: 1000 }, attempt, random)).toBe(ms)
})

it('grows by the factor of the back-off', () => {
  const backoff = { base: 100, cap: 300, factor: 1.5 }
  expect([1, 2, 3, 4].map((attempt) => fullJitter(backoff, attempt, 1))).toStrictEqual([100, 150, 225, 300])
})

it.each([
  [1, 0, 50],
  [1, 0.5, 75],
  [3, 0, 200],
  [5000, 0.5, 750],
])('never waits less than half after attempt %i, with the random number %d: %i ms', (attempt, random, ms) => {
  expect(equalJitter({ base: 100, cap: 1000 }, attempt, random)).toBe(ms)
})
