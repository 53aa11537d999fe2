import { done, type Outcome, retry } from '@spillway/message'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BackoffOption, eachRecord, type OutageOptions, outageSurvival } from './index.ts'
import { drivenClock } from './testing/driven-clock.ts'
import { type Order, orderRecord, virtualRun } from './testing/virtual-run.ts'

/** What a record may meet. */
const failures: Readonly<Record<string, () => Outcome | Promise<Outcome>>> = {
  unavailable: () => retry({ unavailable: true }),
  unknown: () => {
    throw new Error('odd')
  },
  hanging: () => new Promise(() => undefined),
  'at fault': () => retry({ unavailable: false }),
  'not answered for': () => undefined as unknown as Outcome,
}

interface Meeting extends OutageOptions {
  /** Default: unavailable. */
  readonly failure?: string
}

/**
 * What a queue makes of a message that meets an outage with its first delivery: how often it is received, and whether it
 * ends in the dead-letter queue.
 */
async function meet(
  outageSeconds: number,
  options: Meeting,
  random: () => number,
): Promise<{ readonly receives: number; readonly fate: 'done' | 'dead-letter queue' }> {
  const { maxReceiveCount, timeout, visibilityTimeout = 6 * timeout, guard, backoff } = options
  const { batchSize = 1, changesVisibility = true, failure = 'unavailable' } = options
  const clock = drivenClock()
  const handler = eachRecord<Order>(() =>
    clock.now() < outageSeconds * 1000 ? (failures[failure] as () => Outcome)() : done(),
  )
  for (let receives = 1; receives <= maxReceiveCount; receives++) {
    const receivedAt = clock.now()
    const { failed, delayed } = await virtualRun({
      records: Array.from({ length: batchSize }, (_, n) => orderRecord(`${n}`, { receiveCount: receives })),
      handler,
      clock,
      timeout: timeout * 1000,
      options: { random, ...(guard !== undefined && { guard }), ...(backoff !== undefined && { backoff }) },
    })
    if (failed.length === 0) return { receives, fate: 'done' }
    const visibleAt =
      delayed[0] === undefined || !changesVisibility
        ? receivedAt + visibilityTimeout * 1000
        : clock.now() + delayed[0] * 1000
    await clock.advance(Math.max(0, visibleAt - clock.now()))
  }
  return { receives: maxReceiveCount, fate: 'dead-letter queue' }
}

describe('an outage', () => {
  const queue = { maxReceiveCount: 5, timeout: 30 }

  it('of the length that is computed sends no message to the dead-letter queue, at the worst jitter', async () => {
    const { least, held } = outageSurvival(queue)
    expect([least, held]).toStrictEqual([15 + 30 + 45 + 45, 5 * 25 + 15 + 30 + 45 + 45])
    expect(await meet(held, queue, () => 0)).toStrictEqual({ receives: 5, fate: 'done' })
    expect(await meet(least, { ...queue, failure: 'unknown' }, () => 0)).toStrictEqual({
      receives: 5,
      fate: 'done',
    })
    expect(await meet(least + 1, { ...queue, failure: 'unknown' }, () => 0)).toMatchObject({
      fate: 'dead-letter queue',
    })
  })

  it('that is longer than can be sends it there, at the best jitter', async () => {
    const { most } = outageSurvival(queue)
    expect(most).toBe(5 * 30 + 30 + 60 + 90 + 90)
    expect(await meet(most + 1, queue, () => 0.999)).toMatchObject({ fate: 'dead-letter queue' })
  })

  it('of an hour is survived with the default of a queue, whatever the time-out', () => {
    const shortest = outageSurvival({ maxReceiveCount: 100, timeout: 1 })
    expect(shortest).toStrictEqual({ least: 4410, held: 4410, most: 100 + 30 + 60 + 97 * 90 })
    expect(outageSurvival({ maxReceiveCount: 100, timeout: 30 }).held).toBe(4410 + 2500)
  })

  it('that ends within the first invocation costs one receive', async () => {
    expect(await meet(20, queue, () => 0.5)).toStrictEqual({ receives: 1, fate: 'done' })
  })

  it("lasts as long as the queue's own time-outs allow where there is no back-off", async () => {
    const plain = { ...queue, backoff: false as const, visibilityTimeout: 180 }
    const { least, held } = outageSurvival(plain)
    expect([least, held]).toStrictEqual([4 * 180, 4 * 180 + 25])
    expect(await meet(held, plain, () => 0)).toMatchObject({ fate: 'done' })
    expect(outageSurvival({ ...queue, backoff: false })).toStrictEqual(outageSurvival(plain))
  })

  it('lasts no longer than that without the permission to change when a message is visible', async () => {
    const denied = { maxReceiveCount: 10, timeout: 10, changesVisibility: false }
    const { least } = outageSurvival(denied)
    expect(least).toBe(9 * 60)
    expect(await meet(least, denied, () => 0)).toMatchObject({ fate: 'done' })
    expect(await meet(least + 1, { ...denied, failure: 'unknown' }, () => 0)).toMatchObject({
      fate: 'dead-letter queue',
    })
  })

  it('is held for a shorter time by a large batch, which has a longer guard', async () => {
    const large = { maxReceiveCount: 2, timeout: 30, batchSize: 3000 }
    const { held } = outageSurvival(large)
    expect(held).toBe(2 * (30 - 3 - 4) + 15)
    expect(outageSurvival({ ...large, batchSize: 10_000 }).held).toBe(2 * (30 - 7.5 - 4) + 15)
    expect(outageSurvival({ ...large, guard: 1000 }).held).toBe(2 * (30 - 1 - 4) + 15)
    expect(await meet(held, large, () => 0)).toMatchObject({ fate: 'done' })
  })

  it('lasts no longer than the queue keeps a message', () => {
    const long = { maxReceiveCount: 1000, timeout: 900, backoff: { base: 3600, cap: 43_200 } }
    expect(outageSurvival(long)).toStrictEqual({ least: 345_600, held: 345_600, most: 345_600 })
    expect(outageSurvival({ ...long, retention: 1_209_600 }).least).toBe(1_209_600)
    expect(outageSurvival({ ...queue, retention: 60 })).toStrictEqual({ least: 60, held: 60, most: 60 })
  })

  it('that is shorter than computed is survived, whatever the numbers, the jitter and the failure', async () => {
    const numbers = fc.record({
      maxReceiveCount: fc.integer({ min: 1, max: 6 }),
      timeout: fc.integer({ min: 3, max: 40 }),
      guard: fc.integer({ min: 0, max: 5000 }),
      changesVisibility: fc.boolean(),
      failure: fc.constantFrom(...Object.keys(failures)),
      backoff: fc.oneof(
        fc.constant<BackoffOption>(false),
        fc.record({ base: fc.integer({ min: 1, max: 60 }), cap: fc.integer({ min: 60, max: 600 }) }),
      ),
    })
    await fc.assert(
      fc.asyncProperty(
        numbers,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer(),
        async ({ failure, ...options }, part, seed) => {
          let state = seed
          const random = () => {
            state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
            return state / 0x80000000
          }
          const { least, held, most } = outageSurvival(options)
          expect(held).toBeGreaterThanOrEqual(least)
          expect(most).toBeGreaterThan(held)
          const length = part * (failure === 'unavailable' ? held : least)
          expect(await meet(length, { ...options, failure }, random)).toMatchObject({ fate: 'done' })
        },
      ),
      { numRuns: 200 },
    )
  })
})

it('names a typo and a number that is none', () => {
  // @ts-expect-error the time-out is missing on purpose
  expect(() => outageSurvival({ maxReceiveCount: 5 })).toThrow('the option `timeout` is missing')
  expect(() => outageSurvival({ maxReceiveCount: 0, timeout: 30 })).toThrow('an integer from 1 to 1000')
})
