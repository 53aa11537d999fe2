import { expect, it } from 'vitest'
import { type Simulation, simulate } from '../index.ts'

const from = 30
const to = 330

/** Five minutes in which the database is down, with a breaker. */
const outage = {
  duration: 400,
  rest: 1800,
  traffic: { rate: 20 },
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

it.each([
  { latency: 100, timeout: 3, environments: 5, within: 10 },
  { latency: 500, timeout: 3, environments: 5, within: 15 },
  { latency: 100, timeout: 10, environments: 200, within: 30 },
  { latency: 500, timeout: 30, environments: 20, within: 90 },
])(
  'opens within $within s where a request takes $latency ms and the function $timeout s, in $environments environments',
  async ({ latency, timeout, environments, within }) => {
    const report = await run({
      controlPlane: { latency },
      function: { timeout },
      mapping: { batchSize: 10, maximumConcurrency: environments },
    })
    expect(report.offAfter).toBeLessThan(within)
    // Not at the first failure: a short outage is held.
    expect(report.offAfter).toBeGreaterThan(2 * (timeout - 2))
    expect(report.controlPlane.switchedOff).toBe(1)
    expect(report.controlPlane.throttled).toBeLessThan(report.controlPlane.calls / 10)
    expect(report.written).toBe(report.accepted)
    expect(report.inDlq).toBe(0)
    expect(report.lag.max).toBeLessThan(90)
    expect(report.mapping).toEqual({ maximumConcurrency: environments, state: 'Enabled' })
  },
)

it('opens where others use up most of the requests that the control plane takes', async () => {
  const report = await run({ controlPlane: { rate: 5 }, mapping: { batchSize: 10, maximumConcurrency: 50 } })
  expect(report.controlPlane.throttled).toBeGreaterThan(0)
  expect(report.offAfter).toBeLessThan(150)
  expect(report.written).toBe(report.accepted)
  expect(report.mapping).toEqual({ maximumConcurrency: 50, state: 'Enabled' })
})
