import { expect, it } from 'vitest'
import { linearScale, logScale, timeScale } from './scale.ts'

it('ends a linear scale at a round number', () => {
  const scale = linearScale(127, 168, 34)
  expect(scale.ticks).toStrictEqual([0, 50, 100, 150])
  expect([scale(0), scale(150)]).toStrictEqual([168, 34])
  expect(linearScale(3, 0, 1).ticks).toStrictEqual([0, 1, 2, 3])
  expect(linearScale(0, 0, 1).ticks).toStrictEqual([0, 1])
  expect(linearScale(40, 0, 1).ticks).toStrictEqual([0, 10, 20, 30, 40])
})

it('ends a time scale at the end of the run', () => {
  const scale = timeScale(14.1, 0, 141)
  expect(scale.ticks).toStrictEqual([0, 5, 10])
  expect(scale(14.1)).toBe(141)
  expect(timeScale(1, 0, 1).ticks).toStrictEqual([0, 1])
})

it('has whole powers of ten on a logarithmic scale', () => {
  const scale = logScale(8, 9765, 100, 0)
  expect(scale.ticks).toStrictEqual([1, 10, 100, 1000, 10_000])
  expect([scale(0.1), scale(1), scale(100), scale(10_000)]).toStrictEqual([100, 100, 50, 0])
  expect(logScale(20, 30, 0, 1).ticks).toStrictEqual([10, 100])
})
