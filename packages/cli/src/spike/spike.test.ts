import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCli } from '../testing/run-cli.ts'

const orders = join(import.meta.dirname, '..', '..', '..', '..', 'examples', 'orders')

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

it('rejects a page in a missing folder before anything starts', async () => {
  const { code, stderr } = await runCli(['spike', orders, '--html', '/nowhere/spike.html']).ended
  expect(code).toBe(1)
  expect(stderr).toBe('spillway: --html /nowhere/spike.html: there is no folder /nowhere.\n')
})

it('rejects too few connections with a message', async () => {
  const { code, stderr } = await runCli(['spike', orders, '--rate=10', '--max-connections=5']).ended
  expect(code).toBe(1)
  expect(stderr).toContain("spillway: --max-connections 5 is too few for the app 'orders': ")
})
