import { describe, expect, inject, it } from 'vitest'
import { type Environment, type Outage, type Simulation, simulate, writeRows } from '../index.ts'
import { queueNumbers } from './numbers.ts'

const minutes = 60
const soak = inject('soak')
const from = 30
const to = 330

/** An outage of five minutes, with a breaker. */
const outage = {
  duration: 400,
  rest: 1800,
  traffic: { rate: 5 },
  queue: { maxReceiveCount: 10, visibilityTimeout: 180 },
  mapping: { batchSize: 10, maximumConcurrency: 5 },
  function: { timeout: 30 },
  databases: { main: { maxConnections: 2000 } },
  outages: [{ from, to, kind: { is: 'down' } }],
  breaker: {},
} satisfies Simulation

async function run(change: Partial<Simulation>) {
  const report = await simulate({ ...outage, ...change })
  const { firstOffAt = Number.NaN } = report.controlPlane
  return { ...report, offAfter: (firstOffAt - Date.UTC(2026, 0, 1)) / 1000 - from }
}

/** An outage of ten minutes by default, with the defaults of the app definition. */
function lasting(kind: Outage['kind'], more: Partial<Simulation> = {}, length = 10 * minutes): Simulation {
  return {
    ...queueNumbers({ batchSize: 100, batchingWindow: 1, maximumConcurrency: 5, timeout: 30 }),
    duration: length + 3 * minutes,
    traffic: { rate: 0.5 },
    outages: [{ from: minutes, to: minutes + length, kind }],
    ...more,
  }
}

describe('the breaker opens in time', () => {
  const cases = [
    { latency: 100, timeout: 3, environments: 5, within: 10 },
    { latency: 500, timeout: 3, environments: 5, within: 15 },
    { latency: 1000, timeout: 3, environments: 5, within: 15 },
    { latency: 100, timeout: 10, environments: 200, within: 30 },
    { latency: 1000, timeout: 10, environments: 20, within: 35 },
    { latency: 500, timeout: 30, environments: 20, within: 90 },
    { latency: 1000, timeout: 30, environments: 20, within: 95 },
  ]
  it.each(soak ? cases.slice(3) : cases.slice(0, 3))(
    'within $within s when a request takes $latency ms and the time-out is $timeout s, in $environments environments',
    async ({ latency, timeout, environments, within }) => {
      const report = await run({
        controlPlane: { latency },
        function: { timeout },
        mapping: { batchSize: 10, maximumConcurrency: environments },
        traffic: { rate: environments > 20 ? 20 : 3 },
      })
      expect(report.offAfter).toBeLessThan(within)
      // It does not open at the first failure, because records are held during a short outage.
      expect(report.offAfter).toBeGreaterThan(2 * (timeout - 2))
      const { switchedOff, throttled, calls } = report.controlPlane
      expect(switchedOff).toBe(1)
      // Slow requests overlap: 20 environments that notice the outage at the same time send more than 15 requests per
      // second.
      expect(throttled).toBeLessThan(calls / (latency < 1000 ? 10 : 4))
      expect(report.written).toBe(report.accepted)
      expect(report.inDlq).toBe(0)
      expect(report.lag.max).toBeLessThan(90)
      expect(report.mapping).toEqual({ maximumConcurrency: environments, state: 'Enabled' })
    },
  )

  const shared = [
    { rate: 15, environments: 50, timeout: 30, share: 0.25, within: 95, length: 120 },
    { rate: 15, environments: 200, timeout: 10, share: 0.25, within: 35, length: 300 },
    { rate: 5, environments: 50, timeout: 30, share: 0.8, within: 150, length: 300 },
  ]
  it.each(soak ? shared.slice(1) : shared.slice(0, 1))(
    'when $environments environments share $rate requests per second, with at most a share of $share throttled',
    async ({ rate, environments, timeout, share, within, length }) => {
      const report = await run({
        duration: length + 100,
        outages: [{ from, to: from + length, kind: { is: 'down' } }],
        controlPlane: { rate, latency: 500 },
        function: { timeout },
        mapping: { batchSize: 10, maximumConcurrency: environments },
        traffic: { rate: 20 },
      })
      const { throttled, calls, switchedOff } = report.controlPlane
      expect(throttled).toBeLessThan(share * calls)
      expect(report.offAfter).toBeLessThan(within)
      expect(switchedOff).toBe(1)
      expect(report.written).toBe(report.accepted)
      expect(report.mapping).toEqual({ maximumConcurrency: environments, state: 'Enabled' })
    },
  )
})

if (!soak) {
  it('a breaker whose clock returns fractions of a millisecond restores the maximum concurrency', async () => {
    const { controlPlane, mapping, written, accepted } = await run({ breaker: { clockAhead: 0.123_456_7 } })
    expect(controlPlane).toMatchObject({ switchedOff: 1, switchedOn: 1 })
    expect(mapping).toEqual({ maximumConcurrency: 5, state: 'Enabled' })
    expect(written).toBe(accepted)
  })

  it('the breaker opens once, restores the maximum concurrency when it closes, and recovers at once', async () => {
    const outageOf = lasting({ is: 'down' })
    const [report, without] = [await simulate({ ...outageOf, breaker: {} }), await simulate(outageOf)]
    expect(report).toMatchObject({ written: report.accepted, inDlq: 0, left: 0 })
    expect(report.controlPlane).toMatchObject({ switchedOff: 1, switchedOn: 1 })
    expect(report.mapping).toStrictEqual({ maximumConcurrency: 5, state: 'Enabled' })
    expect(report.lag.max).toBeLessThan(90)
    expect(report.functions.gbSeconds).toBeLessThan(without.functions.gbSeconds / 4)
    expect(report.receives.mean).toBeLessThan(without.receives.mean)
  })

  describe('a check of the breaker', () => {
    const opened = async (kind: Outage['kind'], check: 'select 1' | 'writable' | 'writes') => {
      const report = await simulate(lasting(kind, { breaker: { check } }))
      expect(report).toMatchObject({ written: report.accepted, inDlq: 0, left: 0, parked: {} })
      expect(report.mapping).toStrictEqual({ maximumConcurrency: 5, state: 'Enabled' })
      return report.controlPlane.switchedOff
    }

    it('with `select 1` opens the breaker repeatedly on a read-only database, and `checkWritable` opens it once', async () => {
      expect(await opened({ is: 'read-only' }, 'select 1')).toBeGreaterThan(3)
      expect(await opened({ is: 'read-only' }, 'writable')).toBe(1)
    })

    it('with a write opens the breaker once when the disk is full or a lock is held', async () => {
      expect(await opened({ is: 'failing', code: '53100' }, 'writes')).toBe(1)
      expect(await opened({ is: 'failing', code: '55P03' }, 'writes')).toBe(1)
    })
  })

  describe('invocations that all end before they settle their batch', () => {
    /** Fails while the database is down, before `batch` returns, like a function that runs out of memory. */
    function crashing(environment: Environment) {
      const inner = writeRows()(environment)
      return async (...invocation: Parameters<typeof inner>) => {
        await environment.database('main').selectFrom('rows').select('id').execute()
        return inner(...invocation)
      }
    }
    const crashes = {
      ...lasting({ is: 'down' }, {}, 20 * minutes),
      ...queueNumbers({ batchSize: 10, timeout: 10, maxReceiveCount: 5, maximumConcurrency: 5 }),
      handler: crashing,
      breaker: {},
    }

    it('dead-letter messages, because the breaker cannot count them', async () => {
      const { inDlq, accepted, controlPlane } = await simulate(crashes)
      expect(inDlq).toBeGreaterThan(accepted / 2)
      expect(controlPlane.switchedOff).toBe(0)
    })

    it('dead-letter none when an alarm on the errors of the function opens the breaker', async () => {
      const report = await simulate({ ...crashes, alarm: {} })
      expect(report).toMatchObject({ written: report.accepted, inDlq: 0, left: 0 })
      expect(report.controlPlane.switchedOff).toBeGreaterThan(0)
      expect(report.receives.most).toBeLessThan(5)
      expect(report.mapping).toStrictEqual({ maximumConcurrency: 5, state: 'Enabled' })
    })
  })
}
