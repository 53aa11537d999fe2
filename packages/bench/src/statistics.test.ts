import { expect, it } from 'vitest'
import { median } from './statistics.ts'

it.each([
  [[3, 1, 2], 0.5, 2],
  [[4, 1, 3, 2], 0.5, 2.5],
  [[10, 20, 30, 40, 50], 0.25, 20],
  [[10, 20, 30, 40], 0.75, 32.5],
  [[7], 0.75, 7],
])('of %o at %d is %d', (values, share, expected) => {
  expect(median(values, share)).toBe(expected)
})
