import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCli } from '../testing/run-cli.ts'

const orders = join(import.meta.dirname, '..', '..', '..', '..', 'examples', 'orders')

it('shows what the synchronous design fails, and that the buffered one loses nothing', async () => {
  const { code, stdout, stderr } = await runCli([
    'spike',
    orders,
    '--rate',
    '200',
    '--seconds',
    '8',
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
    sent: 1600,
    accepted: 1600,
    failed: 0,
    lost: 0,
    refusedConnections: 0,
    ...numbers,
  })
  expect(buffered.peakConnections).toBeGreaterThan(0)
  expect(buffered.peakConnections).toBeLessThanOrEqual(8)
  expect(synchronous).toMatchObject({ ...numbers, sent: 1600, lost: 0, peakConnections: 16 })
  expect(synchronous.failed).toBeGreaterThan(0)
  expect(synchronous.refusedConnections).toBeGreaterThan(0)
  expect(synchronous.accepted + synchronous.failed).toBe(1600)
  // Progress goes to standard error.
  expect(stderr).toMatch(/synchronous: .*sent 1600\/1600/)
}, 120_000)
