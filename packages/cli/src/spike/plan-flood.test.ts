import { expect, it } from 'vitest'
import {
  chooseBudget,
  chooseCommitMs,
  chooseEnvironments,
  chooseIntervalMs,
  chooseRate,
  median,
  mostEnvironments,
} from './plan-flood.ts'

const gib = 1024 ** 3

it.each([
  [gib, 8],
  [4 * gib, 20],
  [64 * gib, 40],
])('limits the environments of a design by the memory: %d bytes', (memory, environments) => {
  expect(mostEnvironments(memory)).toBe(environments)
})

it.each([
  // A busy machine: half of its capacity.
  [60, 40, 30],
  [61, 40, 30],
  [618, 40, 300],
  // A fast machine: at most what forty environments, or eight, can handle at once.
  [5000, 40, 660],
  [5000, 8, 130],
  [100_000, 1000, 2000],
  // A machine that handles nothing still gets a flood.
  [0, 40, 10],
])('chooses the rate for a capacity of %d/s and %d environments', (capacity, environments, rate) => {
  expect(chooseRate(capacity, environments)).toBe(rate)
})

it.each([
  [10, 100],
  [120, 100],
  [200, 60],
  [300, 40],
  [2000, 40],
])('increases the commit delay when the flood is slow: %d/s', (rate, commitMs) => {
  expect(chooseCommitMs(rate)).toBe(commitMs)
})

it.each([
  [30, 100, 40, 9],
  [10, 100, 40, 8],
  [300, 40, 40, 36],
  [660, 40, 40, 40],
])('chooses the environments for %d/s and commits of %d ms', (rate, commitMs, most, environments) => {
  expect(chooseEnvironments(rate, commitMs, most)).toBe(environments)
})

it('gives the functions half of the median of the connections that the synchronous design held', () => {
  expect(chooseBudget([18, 19, 17, 40, 19], 3)).toBe(9)
  expect(chooseBudget([4, 4, 5], 3)).toBe(3)
  expect(chooseBudget([], 2)).toBe(2)
})

it.each([
  [300, 10, 200],
  [60, 10, 350],
  [13, 10, 500],
  [20, 1, 100],
  [500, 3600, 72_000],
])('divides a flood of %d/s and %d s into intervals', (rate, seconds, intervalMs) => {
  expect(chooseIntervalMs(rate, seconds)).toBe(intervalMs)
})

it('computes the median', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 3, 2])).toBe(3)
  expect(median([])).toBe(0)
})
