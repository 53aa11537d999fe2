import { done, retry } from '@spillway/message'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BackoffOption, eachRecord, type OutageOptions, outageSurvival } from './index.ts'
import { drivenClock } from './testing/driven-clock.ts'
import { type Order, orderRecord, virtualRun } from './testing/virtual-run.ts'

/**
 * What a queue makes of a message that meets an outage with its first delivery: how often it is received, and whether it
 * ends in the dead-letter queue.
 */
async function meet(
  outageSeconds: number,
  options: OutageOptions,
  random: () => number,
): Promise<{ readonly receives: number; readonly fate: 'done' | 'dead-letter queue' }> {
  const { maxReceiveCount, timeout, visibilityTimeout = 6 * timeout, guard, backoff } = options
  const clock = drivenClock()
  const handler = eachRecord<Order>(() =>
    clock.now() < outageSeconds * 1000 ? retry({ unavailable: true }) : done(),
  )
  for (let receives = 1; receives <= maxReceiveCount; receives++) {
    const receivedAt = clock.now()
    const { failed, delayed } = await virtualRun({
      records: [orderRecord('a', { receiveCount: receives })],
      handler,
      clock,
      timeout: timeout * 1000,
      options: { random, ...(guard !== undefined && { guard }), ...(backoff !== undefined && { backoff }) },
    })
    if (failed.length === 0) return { receives, fate: 'done' }
    const visibleAt =
      delayed.a === undefined ? receivedAt + visibilityTimeout * 1000 : clock.now() + delayed.a * 1000
    await clock.advance(Math.max(0, visibleAt - clock.now()))
  }
  return { receives: maxReceiveCount, fate: 'dead-letter queue' }
}

describe('an outage', () => {
  const queue = { maxReceiveCount: 5, timeout: 30 }

  it('of the length that is computed sends no message to the dead-letter queue, at the worst jitter', async () => {
    const { least } = outageSurvival(queue)
    expect(least).toBe(5 * 27 + 30 + 60 + 120 + 240)
    expect(await meet(least, queue, () => 0)).toStrictEqual({ receives: 5, fate: 'done' })
  })

  it('that is longer than can be sends it there, at the best jitter', async () => {
    const { most } = outageSurvival(queue)
    expect(most).toBe(5 * 29 + 60 + 120 + 240 + 480)
    expect(await meet(most + 1, queue, () => 0.999)).toMatchObject({ fate: 'dead-letter queue' })
  })

  it('that ends within the first invocation costs one receive', async () => {
    expect(await meet(20, queue, () => 0.5)).toStrictEqual({ receives: 1, fate: 'done' })
  })

  it("lasts as long as the queue's own time-outs allow where there is no back-off", async () => {
    const plain = { ...queue, backoff: false as const, visibilityTimeout: 180 }
    const { least } = outageSurvival(plain)
    expect(least).toBe(4 * 180 + 27)
    expect(await meet(least, plain, () => 0)).toMatchObject({ fate: 'done' })
    expect(outageSurvival({ ...queue, backoff: false })).toStrictEqual(outageSurvival(plain))
  })

  it('that is shorter than computed is survived, whatever the numbers and the jitter', async () => {
    const numbers = fc.record({
      maxReceiveCount: fc.integer({ min: 1, max: 6 }),
      timeout: fc.integer({ min: 3, max: 40 }),
      guard: fc.integer({ min: 0, max: 5000 }),
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
        async (options, part, seed) => {
          let state = seed
          const random = () => {
            state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
            return state / 0x80000000
          }
          const { least, most } = outageSurvival(options)
          expect(most).toBeGreaterThan(least)
          expect(await meet(least * part, options, random)).toMatchObject({ fate: 'done' })
        },
      ),
      { numRuns: 100 },
    )
  })
})

it('names a typo and a number that is none', () => {
  // @ts-expect-error the time-out is missing on purpose
  expect(() => outageSurvival({ maxReceiveCount: 5 })).toThrow('the option `timeout` is missing')
  expect(() => outageSurvival({ maxReceiveCount: 0, timeout: 30 })).toThrow('an integer from 1 to 1000')
})
