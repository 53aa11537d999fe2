import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..', '..', '..')

it('chooses numbers with which the designs differ on this machine, even if it is busy', async () => {
  const options = { cwd: root, maxBuffer: 64 * 1024 * 1024 }
  // Standard output has nothing but JSON, also where npm runs the command.
  const { stdout, stderr } = await promisify(execFile)(
    'npm',
    ['run', 'spike', '--', '--seconds=6', '--json'],
    options,
  )
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
