import { done, type Outcome, retry } from '@spillway/message'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BackoffOption, batch, eachRecord } from './index.ts'
import { type Order, order, orderRecord, virtualRun } from './testing/virtual-run.ts'

const down = { code: 'SPILLWAY_DATABASE_UNAVAILABLE' }

/** Seconds that a record is put off by for an outcome. */
async function delayOf(
  outcome: Outcome,
  receiveCount: number,
  random: number,
  backoff?: BackoffOption,
): Promise<number | undefined> {
  const { delayed } = await virtualRun({
    records: [orderRecord('a', { receiveCount })],
    handler: eachRecord<Order>(() => outcome),
    options: { random: () => random, hold: false, ...(backoff !== undefined && { backoff }) },
  })
  return delayed.a
}

describe('a record that is to be retried', () => {
  it.each([
    [1, 0.999, 30],
    [1, 0.5, 23],
    [1, 0, 15],
    [2, 0.5, 45],
    [3, 0.5, 68],
    [4, 0.5, 68],
    [1000, 0.999, 90],
    [1000, 0, 45],
  ])('after receive %i and with the random number %d comes back in %i s', async (count, random, seconds) => {
    expect(await delayOf(retry(), count, random)).toBe(seconds)
  })

  it('has the base and the cap of the app', async () => {
    expect(await delayOf(retry(), 2, 0.5, { base: 4, cap: 100 })).toBe(6)
    expect(await delayOf(retry(), 20, 0.5, { base: 4, cap: 100 })).toBe(75)
  })

  it('comes back when it says', async () => {
    expect(await delayOf(retry({ after: 0 }), 5, 0.5)).toBe(0)
    expect(await delayOf(retry({ after: 7 }), 5, 0.5, false)).toBe(7)
  })

  it("keeps the queue's own time-out where there is no back-off", async () => {
    expect(await delayOf(retry(), 5, 0.5, false)).toBeUndefined()
    expect(await delayOf(retry({ unavailable: true }), 5, 0.5, false)).toBeUndefined()
  })

  it.each<[string, Outcome]>([
    ['what it needs is down', retry({ unavailable: true })],
    ['the database is unavailable', retry({ cause: down })],
    ['there was no time for it', retry({ cause: { code: 'SPILLWAY_DEADLINE' } })],
    ['nobody knows why', retry({ cause: new Error('odd') })],
    ['it is at fault itself', retry({ cause: down, unavailable: false })],
    ['its handler answers nothing', undefined as unknown as Outcome],
  ])('comes back no sooner and no later when %s', async (_, outcome) => {
    expect([await delayOf(outcome, 1, 0), await delayOf(outcome, 1, 0.999)]).toStrictEqual([15, 30])
    expect([await delayOf(outcome, 9, 0), await delayOf(outcome, 9, 0.999)]).toStrictEqual([45, 90])
    expect(await delayOf(outcome, 9, 0.5, false)).toBeUndefined()
  })

  it('comes back when its handler was told to, in an outage no sooner than after the back-off', async () => {
    expect(await delayOf(retry({ after: 5, cause: down }), 2, 0)).toBe(30)
    expect(await delayOf(retry({ after: 700, cause: down }), 2, 0)).toBe(700)
    expect(await delayOf(retry({ after: 5, cause: down, unavailable: false }), 2, 0)).toBe(5)
  })

  it('is never put off by less than half of the cap, nor by more than the cap, however long an outage lasts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.tuple(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 0, max: 43_100 })),
        async (receiveCount, random, [base, more]) => {
          const backoff = { base, cap: base + more }
          const longest = Math.min(backoff.cap, base * 2 ** Math.min(receiveCount - 1, 52))
          const seconds = await delayOf(retry({ unavailable: true }), receiveCount, random, backoff)
          expect(seconds).toBeGreaterThanOrEqual(Math.floor(longest / 2))
          expect(seconds).toBeLessThanOrEqual(longest)
        },
      ),
      { numRuns: 100 },
    )
  })
})

it('what was not begun in an outage is put off as what failed for it, each by its own receives', async () => {
  const records = Array.from({ length: 30 }, (_, n) => orderRecord(`r${n}`, { receiveCount: 1 + (n % 2) }))
  let calls = 0
  const { delayed, failed } = await virtualRun({
    records,
    handler: eachRecord<Order>(() => {
      calls++
      return retry({ cause: down })
    }),
    options: { random: () => 0, hold: false },
  })
  expect([calls, failed.length]).toStrictEqual([10, 30])
  expect(delayed).toStrictEqual(Object.fromEntries(records.map(({ id }, n) => [id, n % 2 === 0 ? 15 : 30])))
})

it('a writer that is cut off in an outage has the whole batch put off', async () => {
  const records = [1, 2, 3].map((receiveCount) => orderRecord(`r${receiveCount}`, { receiveCount }))
  let calls = 0
  const { delayed } = await virtualRun({
    records,
    handler: async (messages) => {
      if (++calls > 1) await new Promise(() => undefined)
      return messages.map(() => retry({ cause: down }))
    },
    options: { random: () => 0.2 },
  })
  expect(calls).toBe(2)
  expect(delayed).toStrictEqual({ r1: 18, r2: 36, r3: 54 })
})

it('the rest of a lane comes back with the one that failed, whatever its own receives', async () => {
  const records = ['a1', 'a2', 'b1'].map((id, index) =>
    orderRecord(id, { lane: id[0] as string, receiveCount: index + 1 }),
  )
  const { delayed } = await virtualRun({
    records,
    handler: eachRecord<Order>(({ key }) => (key === 'a1' ? retry() : done())),
  })
  expect(delayed).toStrictEqual({ a1: 23, a2: 23 })
})

it('what another lane holds back is put off by its own receives', async () => {
  const records = [1, 9].map((receiveCount) => orderRecord(`r${receiveCount}`, { receiveCount }))
  const { delayed } = await virtualRun({
    records,
    handler: eachRecord<Order>(() => retry(), { concurrency: 1 }),
    options: { stopAtFirstFailure: true, random: () => 0 },
  })
  expect(delayed).toStrictEqual({ r1: 15, r9: 45 })
})

it.each([
  true,
  {},
  { base: 0, cap: 1 },
  { base: 5, cap: 4 },
  { base: 1, cap: 43_201 },
  { base: 1, cap: 2, jitter: 1 },
  { base: '1', cap: 2 },
  null,
])('%o is no back-off', (backoff) => {
  expect(() => batch(order, async () => [], { backoff: backoff as BackoffOption })).toThrow(
    'batch: the option `backoff` must be false, or { base, cap } in seconds with 1 <= base <= cap <= 43200.',
  )
})
