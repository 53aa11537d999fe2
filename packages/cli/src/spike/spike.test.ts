import { join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { runCli } from '../testing/run-cli.ts'

const orders = join(import.meta.dirname, '..', '..', '..', '..', 'examples', 'orders')

const seconds = inject('soak') ? 8 : 3

it('shows what the synchronous design fails, and that the buffered one loses nothing', async () => {
  const { code, stdout, stderr } = await runCli([
    'spike',
    orders,
    '--rate',
    '200',
    '--seconds',
    String(seconds),
    '--commit-ms',
    '100',
    '--json',
  ]).ended
  expect(code, stderr).toBe(0)
  const figures = JSON.parse(stdout)
  const numbers = {
    p50Ms: expect.any(Number),
    p99Ms: expect.any(Number),
    drainSeconds: expect.any(Number),
    peakConnections: expect.any(Number),
  }
  const { synchronous, buffered } = figures
  expect(buffered).toStrictEqual({
    sent: 200 * seconds,
    accepted: 200 * seconds,
    failed: 0,
    lost: 0,
    refusedConnections: 0,
    ...numbers,
  })
  expect(buffered.peakConnections).toBeGreaterThan(0)
  expect(buffered.peakConnections).toBeLessThanOrEqual(8)
  expect(synchronous).toMatchObject({ ...numbers, sent: 200 * seconds, lost: 0, peakConnections: 16 })
  expect(synchronous.failed).toBeGreaterThan(0)
  expect(synchronous.refusedConnections).toBeGreaterThan(0)
  expect(synchronous.accepted + synchronous.failed).toBe(200 * seconds)
  // Progress goes to standard error.
  expect(stderr).toContain(`sent ${200 * seconds}/${200 * seconds}`)
}, 120_000)
