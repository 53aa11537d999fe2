import { done, type Outcome, park, retry } from '@spillway/message'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Assessment, bySuspicion, isolate } from './isolate.ts'

interface Item {
  readonly id: number
  readonly bad: boolean
  readonly receiveCount: number
}
const written: Assessment<Item> = { step: 'settle', written: true, outcome: done }
const refused: Assessment<Item> = {
  step: 'isolate',
  written: false,
  outcome: () => park({ code: '23514', detail: 'refused' }),
}

function items(count: number, bad: readonly number[], suspects: readonly number[] = []): Item[] {
  return Array.from({ length: count }, (_, id) => ({
    id,
    bad: bad.includes(id),
    receiveCount: suspects.includes(id) ? 2 : 1,
  }))
}

async function run(batches: Item[][], write?: (rows: readonly Item[]) => Assessment<Item>) {
  const outcomes = new Map<number, Outcome>()
  const statements: number[][] = []
  await isolate(
    batches,
    async (rows) => {
      statements.push(rows.map((row) => row.id))
      return write?.(rows) ?? (rows.some((row) => row.bad) ? refused : written)
    },
    (row, { outcome }) => {
      expect(outcomes.has(row.id)).toBe(false)
      outcomes.set(row.id, outcome(row))
    },
  )
  return { outcomes, statements }
}

describe('isolate', () => {
  it('writes a clean batch with one statement', async () => {
    const { statements } = await run([items(1000, [])])
    expect(statements).toHaveLength(1)
  })

  it('parks exactly the refused rows in about 2k·log2(n) statements', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 300 }),
        fc.uniqueArray(fc.nat(299), { maxLength: 6 }),
        fc.uniqueArray(fc.nat(299), { maxLength: 6 }),
        async (count, bad, suspects) => {
          const rows = items(count, bad, suspects)
          const { outcomes, statements } = await run([rows])
          expect(outcomes.size).toBe(count)
          for (const row of rows) expect(outcomes.get(row.id)?.kind).toBe(row.bad ? 'park' : 'done')
          const guilty = rows.filter((row) => row.bad).length
          expect(statements.length).toBeLessThanOrEqual(1 + 2 * guilty * Math.ceil(Math.log2(count) + 1))
        },
      ),
    )
  })

  it.each([
    [1, 1000, 20],
    [4, 1000, 72],
    [16, 1000, 224],
    [64, 1000, 640],
  ])('finds %i refused rows of %i in at most %i statements', async (guilty, count, most) => {
    // They are spread evenly, which is the worst case.
    const bad = Array.from({ length: guilty }, (_, index) => Math.floor(((index + 0.5) * count) / guilty))
    const { outcomes, statements } = await run([items(count, bad)])
    expect([...outcomes.values()].filter(({ kind }) => kind === 'park')).toHaveLength(guilty)
    expect(statements.length).toBeLessThanOrEqual(most)
  })

  it('ends the search when the budget is used up, and parks no row that was not tried', async () => {
    const all = Array.from({ length: 64 }, (_, id) => id)
    const outcomes = new Map<number, Outcome>()
    let statements = 0
    await isolate(
      [items(64, all)],
      async () => {
        statements += 1
        return refused
      },
      (row, { outcome }) => outcomes.set(row.id, outcome(row)),
      { statements: 20, spent: () => retry({ after: 1 }) },
    )
    expect(statements).toBe(21)
    expect(outcomes.size).toBe(64)
    const parked = [...outcomes.values()].filter(({ kind }) => kind === 'park')
    expect(parked.length).toBeGreaterThan(0)
    expect([...outcomes.values()].filter(({ kind }) => kind === 'retry')).toHaveLength(64 - parked.length)
  })

  it('tries each row that it parks alone', async () => {
    const { statements } = await run([items(8, [7])])
    expect(statements).toContainEqual([7])
  })

  it('tries redelivered rows separately and first', async () => {
    const { statements } = await run([items(64, [13], [13])])
    expect(statements.slice(1)).toEqual([
      [13],
      items(64, [])
        .map((row) => row.id)
        .filter((id) => id !== 13),
    ])
  })

  it('splits by halves when all or none were redelivered', () => {
    expect(bySuspicion(items(4, []))[0]).toHaveLength(2)
    expect(bySuspicion(items(4, [], [0, 1, 2, 3]))[0]).toHaveLength(2)
  })

  it('halves a batch that is too large, without parking rows', async () => {
    const { outcomes, statements } = await run([items(8, [])], (rows) =>
      rows.length > 2 ? { step: 'halve', written: false, outcome: () => retry() } : written,
    )
    expect([...outcomes.values()].every((outcome) => outcome.kind === 'done')).toBe(true)
    expect(statements.map((rows) => rows.length)).toEqual([8, 4, 2, 2, 4, 2, 2])
  })

  it('tries a random remaining row alone, and then its part again as a whole', async () => {
    let isFirst = true
    const statements: number[][] = []
    const outcomes = new Map<number, Outcome>()
    const [first, second] = [items(8, []), items(12, []).slice(8)]
    await isolate(
      [first, second],
      async (rows) => {
        statements.push(rows.map(({ id }) => id))
        if (!isFirst) return written
        isFirst = false
        return { step: 'sample', written: false, outcome: () => retry() }
      },
      (row, { outcome }) => outcomes.set(row.id, outcome(row)),
      // The 4th of 12 remaining rows, counted from the end.
      { statements: 0, spent: () => retry({ after: 1 }), random: () => 3.5 / 12 },
    )
    expect(statements).toEqual([[0, 1, 2, 3, 4, 5, 6, 7], [11], [0, 1, 2, 3, 4, 5, 6, 7], [8, 9, 10]])
    expect(outcomes.size).toBe(12)
    expect([...outcomes.values()].every(({ kind }) => kind === 'done')).toBe(true)
  })

  it('settles a single row whose statement asks for a sample', async () => {
    const { outcomes, statements } = await run([items(1, [])], () => ({
      step: 'sample',
      written: false,
      outcome: () => retry(),
    }))
    expect(statements).toHaveLength(1)
    expect(outcomes.get(0)?.kind).toBe('retry')
  })

  it('gives all remaining rows the outcome of a stop', async () => {
    let statements = 0
    const batches = [items(8, [1]), items(20, []).slice(8)]
    const { outcomes } = await run(batches, (rows) => {
      statements += 1
      if (statements === 3) return { step: 'stop', written: false, outcome: () => retry({ after: 9 }) }
      return rows.some((row) => row.bad) ? refused : written
    })
    expect(outcomes.size).toBe(20)
    expect([...outcomes.values()].every((outcome) => outcome.kind === 'retry')).toBe(true)
  })
})
