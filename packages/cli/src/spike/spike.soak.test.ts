import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { runCli } from '../testing/run-cli.ts'

const root = join(import.meta.dirname, '..', '..', '..', '..')
const orders = join(root, 'examples', 'orders')

// Sixty writes per second of a tenth of a second each need at least six connections on any machine. There are three.
const flags = [
  '--rate=60',
  '--seconds=3',
  '--max-connections=7',
  '--commit-ms=100',
  '--environments=6',
  '--json',
]

it('shows the failures of the synchronous design, and that the buffered one loses nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-spike-'))
  const html = join(folder, 'spike.html')
  try {
    const { code, stdout, stderr } = await runCli(['spike', orders, ...flags, '--html', html]).ended
    expect(code, stderr).toBe(0)
    const { settings, synchronous, buffered } = JSON.parse(stdout)
    expect(settings).toStrictEqual({
      rate: 60,
      seconds: 3,
      maxConnections: 7,
      commitMs: 100,
      environments: 6,
      capacity: null,
      wantedConnections: null,
    })
    expect(buffered).toMatchObject({
      sent: 180,
      accepted: 180,
      failed: 0,
      answers: { 202: 180 },
      written: 180,
      parked: 0,
      lost: 0,
      budget: 3,
      refusedConnections: 0,
    })
    expect(buffered.peakConnections).toBeGreaterThan(0)
    expect(buffered.peakConnections).toBeLessThanOrEqual(3)
    expect(synchronous).toMatchObject({ sent: 180, lost: 0, budget: 3, peakConnections: 3, peakBacklog: 0 })
    expect(synchronous.failed).toBeGreaterThan(0)
    expect(synchronous.answers[500]).toBeGreaterThan(0)
    expect(synchronous.refusedConnections).toBeGreaterThan(0)
    expect(synchronous.accepted + synchronous.failed).toBe(180)
    expect(synchronous.written).toBeGreaterThanOrEqual(synchronous.accepted)
    expect(synchronous.limitedBy[0].by).toBe('connections')
    for (const { sent, accepted, failed, series } of [synchronous, buffered]) {
      const sum = (name: string) =>
        series.intervals.reduce(
          (all: number, interval: Record<string, number>) => all + (interval[name] ?? 0),
          0,
        )
      expect([sum('arrivals'), sum('accepted'), sum('failed')]).toStrictEqual([sent, accepted, failed])
    }
    // Progress goes to standard error.
    expect(stderr).toMatch(/synchronous: .*sent 180\/180/)
    expect(stderr).toContain('6 environments of each design are started and invoked once')
    expect(await readFile(html, 'utf8')).toContain(
      `<strong>${synchronous.failed}</strong> of 180 writes failed`,
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 180_000)

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
