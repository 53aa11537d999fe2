import { outageSurvival } from '@spillway/batch'
import fc from 'fast-check'
import { describe, expect, inject, it } from 'vitest'
import { type Outage, simulate, writeRows } from '../index.ts'

const kinds = fc.constantFrom<Outage['kind']>(
  { is: 'down' },
  { is: 'read-only' },
  { is: 'hanging' },
  { is: 'slow', rowTime: 60_000 },
  { is: 'failing', code: '53300' },
  { is: 'failing', code: '57P03', after: 500 },
  { is: 'failing', code: '55P03' },
  { is: 'failing', code: '53100' },
  { is: 'failing', code: '58030' },
  { is: 'failing', code: 'XX000' },
  { is: 'failing' },
)

const settings = fc.record({
  maxReceiveCount: fc.integer({ min: 1, max: 5 }),
  timeout: fc.integer({ min: 3, max: 30 }),
  batchSize: fc.constantFrom(1, 10, 50, 500),
  maximumConcurrency: fc.integer({ min: 2, max: 20 }),
  rate: fc.double({ min: 0.05, max: 2, noNaN: true }),
  backoff: fc.oneof(
    fc.constant(false as const),
    fc.record({ base: fc.integer({ min: 1, max: 60 }), cap: fc.integer({ min: 60, max: 300 }) }),
  ),
  kind: kinds,
  seed: fc.integer(),
})

describe('outageSurvival', () => {
  it('is a lower bound: a shorter outage dead-letters nothing, with any settings', async () => {
    await fc.assert(
      fc.asyncProperty(settings, async ({ maxReceiveCount, timeout, batchSize, backoff, kind, ...rest }) => {
        const visibilityTimeout = 6 * timeout + 1
        const { least } = outageSurvival({ maxReceiveCount, timeout, batchSize, backoff, visibilityTimeout })
        const { inDlq, expired, left, written, accepted } = await simulate({
          seed: rest.seed,
          duration: least + 30,
          traffic: { rate: rest.rate },
          queue: { maxReceiveCount, visibilityTimeout },
          mapping: {
            batchSize,
            batchingWindow: batchSize > 10 ? 1 : 0,
            maximumConcurrency: rest.maximumConcurrency,
          },
          function: { timeout },
          handler: writeRows({ batch: { backoff } }),
          outages: [{ from: 0, to: least, kind }],
        })
        expect({ inDlq, expired, left, written }).toStrictEqual({
          inDlq: 0,
          expired: 0,
          left: 0,
          written: accepted,
        })
      }),
      { numRuns: inject('soak') ? 25 : 3 },
    )
  })

  it('is a close bound: an outage that is longer than `most` dead-letters the first messages', async () => {
    const numbers = { maxReceiveCount: 5, timeout: 10, batchSize: 10, backoff: { base: 30, cap: 90 } }
    const { most } = outageSurvival(numbers)
    const { inDlq } = await simulate({
      duration: most + 30,
      traffic: { rate: 0.1 },
      queue: { maxReceiveCount: 5, visibilityTimeout: 60 },
      mapping: { batchSize: 10, maximumConcurrency: 20 },
      function: { timeout: 10 },
      handler: writeRows({ batch: { backoff: numbers.backoff } }),
      outages: [{ from: 0, to: most + 30, kind: { is: 'down' } }],
    })
    expect(inDlq).toBeGreaterThan(0)
  })
})
