import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCli } from '../testing/run-cli.ts'

const orders = join(import.meta.dirname, '..', '..', '..', '..', 'examples', 'orders')

it('chooses numbers with which the designs differ on this machine, even if it is busy', async () => {
  const { code, stdout, stderr } = await runCli(['spike', orders, '--seconds=6', '--json']).ended
  expect(code, stderr).toBe(0)
  const { settings, synchronous, buffered } = JSON.parse(stdout)
  expect(settings.rate).toBeGreaterThanOrEqual(10)
  expect(settings.rate).toBeLessThanOrEqual(Math.max(10, settings.capacity / 2))
  expect(settings.maxConnections - 4).toBeGreaterThanOrEqual(2)
  expect(buffered).toMatchObject({ failed: 0, lost: 0, written: buffered.sent, refusedConnections: 0 })
  expect(synchronous.lost).toBe(0)
  expect(synchronous.failed).toBeGreaterThan(synchronous.sent / 10)
  expect(stderr).toContain('calibration: the buffered design handles')
  expect(stderr).toContain('calibration: at this rate the synchronous design holds')
}, 900_000)
