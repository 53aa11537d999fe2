import { describe, expect, it } from 'vitest'
import { createPace, type Pace } from './pace.ts'

/** The time of a statement of this many records. */
type Model = (records: number) => number

/** Writes a batch as the writers do, with its own clock. Returns the numbers of written records and of statements. */
function writeBatch(pace: Pace, size: number, time: number, model: Model, serverLimit = Infinity) {
  let left = time
  let written = 0
  const statements: number[] = []
  for (let pending = size; pending > 0 && left > 0; ) {
    if (written > 0 && !pace.fits(left)) break
    const records = Math.min(pending, pace.most(left))
    const allowed = Math.max(left * pace.share(records, records === pending, left), Math.min(left, 50))
    const took = Math.min(model(records), allowed, serverLimit)
    statements.push(records)
    if (model(records) <= took) {
      pace.passed(records, took, left)
      written += records
      pending -= records
    } else {
      pace.timedOut(records, took, allowed)
      if (records === 1) pending -= 1
    }
    left -= took
  }
  return { written, statements }
}

const repeat = (times: number, run: () => { written: number; statements: number[] }) =>
  Array.from({ length: times }, run)

describe('a database', () => {
  it('that is fast gets the whole batch, regardless of its size', () => {
    const pace = createPace()
    for (const size of [1, 1_000, 10, 10_000]) {
      expect(writeBatch(pace, size, 7_000, (records) => 30 + records * 0.02).statements).toEqual([size])
    }
  })

  it.each([
    ['100 ms a row', 100, 65],
    ['20 ms a row', 20, 100],
    ['1 s a row', 1_000, 5],
    ['5 s a row', 5_000, 1],
  ])('that takes %s gets as many records as it can write', (_, perRow, most) => {
    const pace = createPace()
    const [first, second, ...others] = repeat(10, () =>
      writeBatch(pace, 100, 7_000, (records) => records * perRow),
    )
    expect((first?.written ?? 0) + (second?.written ?? 0)).toBeGreaterThan(0)
    for (const { written } of others) expect(written).toBeGreaterThanOrEqual(most * 0.9)
  })

  it('that takes as long for one row as for many gets many again', () => {
    const pace = createPace()
    const batches = repeat(15, () => writeBatch(pace, 100, 7_000, () => 3_000))
    expect(batches.slice(1).every(({ written }) => written > 0)).toBe(true)
    expect(batches.at(-1)?.written).toBe(100)
  })

  it('that ends statements before their time limit gets statements that are short enough', () => {
    const pace = createPace()
    const batches = repeat(10, () => writeBatch(pace, 100, 27_000, (records) => records * 100, 1_000))
    for (const { written } of batches) expect(written).toBeGreaterThanOrEqual(95)
  })

  it('that is fast again gets the whole batch again', () => {
    const pace = createPace()
    writeBatch(pace, 100, 7_000, (records) => records * 100)
    repeat(2, () => writeBatch(pace, 100, 7_000, (records) => 5 + records * 0.1))
    expect(writeBatch(pace, 1_000, 7_000, (records) => 5 + records * 0.1).statements).toEqual([1_000])
  })

  it('that does not answer gets a smaller statement each time', () => {
    const pace = createPace()
    expect(writeBatch(pace, 100, 7_000, () => Infinity).statements.slice(0, 4)).toEqual([100, 25, 6, 1])
  })
})
