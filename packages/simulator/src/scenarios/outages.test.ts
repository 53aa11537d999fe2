import { describe, expect, it } from 'vitest'
import { type Outage, type QueueReport, rowsWriter, type Simulation, simulate, writeRows } from '../index.ts'
import { type QueueNumbers, queueNumbers } from './numbers.ts'

// Each claim of the docs about outages has its scenario here: docs/batch.md and docs/breaker.md name them.

const minutes = 60

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
    traffic: { rate: 3 },
    outages: [{ from: minutes, to: minutes + length, kind }],
    ...more,
  }
}

/** That nothing was lost, parked or given up. */
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
  it.each([1, 10, 60])('for %i minutes sends nothing to the dead-letter queue', async (length) => {
    expectAllWritten(await simulate(scenario({ is: 'down' }, length * minutes)))
  })

  it('never sees more connections at once than there are environments', async () => {
    const report = await simulate(scenario({ is: 'down' }, 10 * minutes, { maximumConcurrency: 20 }))
    const { mostConnections, mostConnectsPerSecond } = report.databases.main as NonNullable<
      QueueReport['databases'][string]
    >
    expect(mostConnections).toBeLessThanOrEqual(20)
    expect(mostConnectsPerSecond).toBeLessThanOrEqual(3 * 20)
  })

  it('for a day costs latency, and seconds of a test', async () => {
    const day = scenario({ is: 'down' }, 24 * 60 * minutes, { maximumConcurrency: 2, maxReceiveCount: 1000 })
    expectAllWritten(await simulate({ ...day, traffic: { rate: 0.01 } }))
  })
})

describe('a function without the right to change visibility', () => {
  it('uses up its receives at the pace of the visibility time-out', async () => {
    const numbers: QueueNumbers = { maxReceiveCount: 5, visibilityTimeout: 180, timeout: 10 }
    const report = await simulate(
      scenario({ is: 'down' }, 20 * minutes, numbers, { mayChangeVisibility: false }),
    )
    expect(report.firstInDlq).toBeGreaterThanOrEqual(5 * 180)
    expect(report.firstInDlq).toBeLessThan(5 * 180 + 60)
  })
})

describe('two databases of which one is down', () => {
  const half = writeRows({
    writer(environment) {
      const [main, other] = [rowsWriter(environment), rowsWriter(environment, 'other')]
      return async (records, limit) => {
        const isOther = ({ body }: (typeof records)[number]) => body.number % 2 === 1
        const outcomes = new Map()
        for (const [writer, some] of [
          [main, records.filter((record) => !isOther(record))],
          [other, records.filter(isOther)],
        ] as const) {
          const answers = await writer(some, limit)
          for (const [place, record] of some.entries()) outcomes.set(record, answers[place])
        }
        return records.map((record) => outcomes.get(record))
      }
    },
  })

  it('cost no message', async () => {
    const numbers: QueueNumbers = { batchSize: 10, batchingWindow: 0, maximumConcurrency: 10 }
    const report = await simulate({
      ...scenario({ is: 'down' }, 15 * minutes, numbers, { handler: half }),
      databases: { main: {}, other: {} },
      outages: [{ from: minutes, to: 16 * minutes, kind: { is: 'down' }, database: 'other' }],
    })
    expectAllWritten(report)
  })
})

describe('a FIFO queue', () => {
  it('loses no message to an outage of ten minutes', async () => {
    const numbers: QueueNumbers = { batchSize: 10, batchingWindow: 0, fifo: true }
    expectAllWritten(await simulate(scenario({ is: 'down' }, 10 * minutes, numbers)))
  })
})

describe('the breaker', () => {
  it('opens once, and closes with the maximum concurrency of before', async () => {
    const report = await simulate(
      scenario({ is: 'down' }, 30 * minutes, {}, { breaker: {}, controlPlane: { latency: 20 } }),
    )
    expectAllWritten(report)
    expect(report.controlPlane).toMatchObject({ switchedOff: 1, switchedOn: 1 })
    expect(report.mapping).toStrictEqual({ maximumConcurrency: 5, state: 'Enabled' })
    expect(report.lag.p50).toBeLessThan(90)
    const without = await simulate(scenario({ is: 'down' }, 30 * minutes))
    expect(report.functions.gbSeconds).toBeLessThan(without.functions.gbSeconds / 4)
    expect(report.receives.mean).toBeLessThan(without.receives.mean)
  })
})
