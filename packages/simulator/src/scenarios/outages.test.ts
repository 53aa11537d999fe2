import { outageSurvival } from '@spillway/batch'
import { describe, expect, inject, it } from 'vitest'
import { type Outage, type QueueReport, type Simulation, simulate, writeRows } from '../index.ts'
import { type QueueNumbers, queueNumbers } from './numbers.ts'

const minutes = 60
const soak = inject('soak')

/** A queue with the defaults of the app definition, and an outage after a minute. */
function scenario(
  kind: Outage['kind'],
  length: number,
  numbers: QueueNumbers = {},
  more: Partial<Simulation> = {},
): Simulation {
  return {
    ...queueNumbers({ batchSize: 100, batchingWindow: 1, maximumConcurrency: 5, timeout: 30, ...numbers }),
    duration: minutes + length + 5 * minutes,
    traffic: { rate: length > 10 * minutes ? 1 : 3 },
    outages: [{ from: minutes, to: minutes + length, kind }],
    ...more,
  }
}

/** A message every five seconds around the start of the outage: only the first to be dead-lettered matters. */
const firstMessages = { rate: (second: number) => (second < 2 * minutes ? 0.2 : 0) }

/** Checks that nothing was lost, parked or dead-lettered. */
function expectAllWritten({ accepted, written, inDlq, expired, left, parked }: QueueReport): void {
  expect({ written, inDlq, expired, left, parked }).toStrictEqual({
    written: accepted,
    inDlq: 0,
    expired: 0,
    left: 0,
    parked: {},
  })
}

describe('a database that is down', () => {
  it.each(soak ? [10, 60] : [1])(
    'for %i minutes dead-letters nothing, and all is written two minutes after it',
    async (length) => {
      const report = await simulate(scenario({ is: 'down' }, length * minutes))
      expectAllWritten(report)
      expect(report.lag.count).toBeGreaterThan(100)
      expect(report.lag.p99).toBeLessThanOrEqual(120)
    },
  )

  if (soak) {
    it('is recovered from later with a longer back-off, for about the same GB-seconds', async () => {
      const backoff = { base: 30, cap: 900 }
      const outage = scenario({ is: 'down' }, 30 * minutes, {}, { traffic: { rate: 0.5 } })
      const [short, long] = [
        await simulate(outage),
        await simulate({ ...outage, handler: writeRows({ batch: { backoff } }) }),
      ]
      expect(long.lag.p99).toBeGreaterThan(5 * short.lag.p99)
      expect(short.functions.gbSeconds).toBeLessThan(1.1 * long.functions.gbSeconds)
    })
  } else {
    it("with `backoff: false` retries at the queue's own visibility time-out", async () => {
      const numbers: QueueNumbers = { maxReceiveCount: 5, visibilityTimeout: 200, timeout: 10 }
      const handler = writeRows({ batch: { backoff: false } })
      const outage = scenario({ is: 'down' }, 20 * minutes, numbers, { handler })
      const report = await simulate({ ...outage, traffic: firstMessages })
      expect(report.firstInDlq).toBeGreaterThanOrEqual(5 * 200)
      expect(report.firstInDlq).toBeLessThan(5 * 200 + 60)
    })
  }

  it('never has more connections at once than there are environments', async () => {
    const report = await simulate(
      scenario({ is: 'down' }, (soak ? 10 : 1) * minutes, { maximumConcurrency: 20 }),
    )
    const { mostConnections, mostConnectsPerSecond } = report.databases.main as NonNullable<
      QueueReport['databases'][string]
    >
    expect(mostConnections).toBeLessThanOrEqual(20)
    expect(mostConnectsPerSecond).toBeLessThanOrEqual(3 * 20)
  })

  it.each(soak ? [24] : [3])('for %i hours costs only latency, and the test takes seconds', async (hours) => {
    const numbers: QueueNumbers = { timeout: 3, maxReceiveCount: 1000, batchSize: 10, batchingWindow: 0 }
    const day = scenario({ is: 'down' }, hours * 60 * minutes, numbers)
    const report = await simulate({
      ...day,
      traffic: { rate: (second) => (second > minutes && second < 3 * minutes ? 0.05 : 0) },
      handler: writeRows({ batch: { backoff: { base: 30, cap: 900 } } }),
    })
    expectAllWritten(report)
    expect(report.receives.most).toBeGreaterThan(4 * hours)
  })
})

describe('a database that is slow', () => {
  const slow: QueueNumbers = { timeout: 10, batchingWindow: 5, maximumConcurrency: 5 }

  if (!soak) {
    it('is not treated as down: rows of a statement that timed out are written in smaller statements', async () => {
      const outage = scenario({ is: 'slow', rowTime: 100 }, 5 * minutes, slow, { traffic: { rate: 25 } })
      const report = await simulate(outage)
      expectAllWritten(report)
      // When it ends, few of the 7,500 messages that were sent meanwhile are left.
      expect(report.lag.count).toBeLessThan(750)
      expect(report.lag.p99).toBeLessThan(120)
      // Half of the server's work was written, so statements are not retried at their full size over and over.
      expect(report.databases.main?.workSeconds).toBeLessThan(2 * 0.1 * 7500)
      expect(report.receives.mean).toBeLessThan(2)
    })
  }

  it.each(soak ? [10] : [3])('for %i minutes dead-letters nothing with five receives', async (length) => {
    const outage = scenario({ is: 'slow', rowTime: 100 }, length * minutes, { ...slow, maxReceiveCount: 5 })
    expectAllWritten(await simulate({ ...outage, traffic: { rate: 25 } }))
  })
})

if (!soak) {
  describe('a database with errors that no record causes', () => {
    const five: QueueNumbers = { maxReceiveCount: 5 }
    const { least } = outageSurvival({ maxReceiveCount: 5, timeout: 30, batchSize: 100 })

    it.each<[string, Outage['kind']]>([
      ['locks (55P03)', { is: 'failing', code: '55P03' }],
      ['input and output (58030)', { is: 'failing', code: '58030' }],
      ['a full disk (53100)', { is: 'failing', code: '53100' }],
      ['errors without a code', { is: 'failing' }],
      ['no answer at all', { is: 'hanging' }],
      ['a read-only server', { is: 'read-only' }],
    ])(
      'with %s makes the writer hold: five receives last as long as `outageSurvival` computes',
      async (_, kind) => {
        const { firstInDlq = Number.POSITIVE_INFINITY } = await simulate(
          scenario(kind, 4 * minutes, five, { traffic: { rate: 0.5 } }),
        )
        expect(firstInDlq).toBeGreaterThanOrEqual(least)
      },
    )
  })

  describe('a function without the permission to change visibility', () => {
    it('needs one receive per visibility time-out', async () => {
      const numbers: QueueNumbers = { maxReceiveCount: 5, visibilityTimeout: 180, timeout: 10 }
      const report = await simulate(
        scenario({ is: 'down' }, 20 * minutes, numbers, {
          mayChangeVisibility: false,
          traffic: firstMessages,
        }),
      )
      expect(report.firstInDlq).toBeGreaterThanOrEqual(5 * 180)
      expect(report.firstInDlq).toBeLessThan(5 * 180 + 60)
    })
  })
}

describe('a FIFO queue', () => {
  async function survives(length: number): Promise<void> {
    const numbers: QueueNumbers = { batchSize: 10, batchingWindow: 0, fifo: true }
    const report = await simulate(scenario({ is: 'down' }, length * minutes, numbers))
    expectAllWritten(report)
    expect(report.lag.p99).toBeLessThanOrEqual(120)
    expect(report.lagAfter.p99).toBeLessThanOrEqual(120)
  }

  if (soak) {
    it('loses no message in an outage of half an hour, and recovers within two minutes', async () => {
      await survives(30)
    })
  } else {
    it('loses no message in an outage of some minutes, and recovers within two minutes', () => survives(5))
  }
})
