import { describe, expect, it } from 'vitest'
import { type Outage, type Percentiles, type QueueReport, simulate } from '../index.ts'
import { type QueueNumbers, queueNumbers } from '../scenarios/numbers.ts'
import { query, type RealReport, type RealRun, runForReal } from './run-for-real.ts'

// Compares the simulator with the local runtime: it runs the same app definition, traffic and outage on the virtual
// clock, and with processes, SQS and Postgres. It takes minutes. It compares times, so the machine must be idle
// otherwise. Time-outs of the function are printed but not asserted, because a busy machine causes some.

/** Several simulations, because the delays of a single run are random, as in the real run. */
const seeds = [1, 2, 3, 4, 5]

interface Scenario extends Omit<RealRun, 'numbers' | 'outage'> {
  readonly numbers: QueueNumbers
  readonly outage: RealRun['outage'] & { readonly kind: Outage['kind'] }
}

async function simulateAll({ numbers, rate, duration, rest, outage }: Scenario): Promise<QueueReport[]> {
  const reports: QueueReport[] = []
  for (const seed of seeds) {
    const { from, to, kind } = outage
    const options = { seed, duration, rest, traffic: { rate }, outages: [{ from, to, kind }] }
    reports.push(await simulate({ ...queueNumbers(numbers), ...options }))
  }
  return reports
}

/**
 * The least tolerated difference between two runs in seconds. On the local runtime a receive waits for up to a second,
 * one batch is filled at a time for up to the batching window, and an environment is a process that starts in about a
 * second.
 */
const leastTolerance = 3

function expectAgreement(real: RealReport, simulated: readonly QueueReport[], of: keyof Percentiles): void {
  const mean = simulated.reduce((sum, { lag }) => sum + lag[of], 0) / simulated.length
  const larger = Math.max(real.lag[of], mean)
  const difference = Math.abs(real.lag[of] - mean)
  const comparison = `${of} of the lag: ${real.lag[of]} s on the local runtime, ${mean.toFixed(1)} s simulated`
  expect(difference, comparison).toBeLessThanOrEqual(Math.max(larger / 4, leastTolerance))
}

function expectNothingLost(report: RealReport | QueueReport): void {
  const { accepted, written, inDlq, left, lag } = report
  expect({ written, inDlq, left }).toStrictEqual({ written: accepted, inDlq: 0, left: 0 })
  // Enough messages waited for the end of the outage to compare percentiles.
  expect(lag.count).toBeGreaterThan(200)
}

describe.concurrent('an outage on the local runtime loses nothing and ends when it does in the simulation', () => {
  it.each<[string, Scenario]>([
    [
      'slow: 100 ms for each row, for a minute and a half',
      {
        // Five environments write 50 rows per second, so the queue grows slowly.
        numbers: { batchSize: 100, batchingWindow: 5, maximumConcurrency: 5, timeout: 10 },
        rate: 42,
        duration: 130,
        rest: 300,
        outage: {
          from: 20,
          to: 110,
          kind: { is: 'slow', rowTime: 100 },
          begin: (local) => query(local, 'update weather set seconds_per_row = 0.1'),
          end: (local) => query(local, 'update weather set seconds_per_row = 0'),
        },
      },
    ],
    [
      'stopped: killed, and restarted after two minutes',
      {
        numbers: { batchSize: 100, batchingWindow: 1, maximumConcurrency: 5, timeout: 10 },
        rate: 4,
        duration: 160,
        rest: 300,
        outage: {
          from: 20,
          to: 140,
          kind: { is: 'down' },
          begin: async (local) => local.database?.crash(),
          end: async (local) => local.database?.start(),
        },
      },
    ],
  ])(
    '%s',
    async (name, scenario) => {
      const simulated = await simulateAll(scenario)
      const real = await runForReal(scenario)
      console.log(
        `${name}\nreal ${describeLag(real)}, ${real.timeouts} time-outs\n${simulated.map(describeLag).join('\n')}`,
      )
      for (const report of [real, ...simulated]) expectNothingLost(report)
      expect(real.effects).toBe(real.accepted)
      expectAgreement(real, simulated, 'p50')
      expectAgreement(real, simulated, 'p99')
    },
    900_000,
  )
})

function describeLag({ accepted, lag, receives }: RealReport | QueueReport): string {
  return `${accepted} accepted; lag p50 ${lag.p50} s, p99 ${lag.p99} s, of ${lag.count}; ${receives.mean} receives`
}
