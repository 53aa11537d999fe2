import { setTimeout as sleep } from 'node:timers/promises'
import { type Local, loadApp, startLocal } from '@spillway/local'
import { SpillwayError } from '@spillway/message'
import { flood } from './flood.ts'
import { findLost, readLedger } from './ledger.ts'
import type { Progress } from './progress.ts'

/** What one design is run with. */
export interface DesignOptions {
  /** The config file of the app. */
  readonly config: string
  /** The file of the spike. */
  readonly file: string
  readonly writtenKeys: string
  readonly rate: number
  readonly seconds: number
  /** Milliseconds that the database gathers commits before it writes them (`commit_delay`). */
  readonly commitMs: number
}

/** What a flood did to one design. */
export interface DesignFigures {
  readonly sent: number
  /** Answered with 2xx. */
  readonly accepted: number
  /** Answered otherwise, or not at all. */
  readonly failed: number
  /** Accepted, but in neither the table nor the dead-letter queue. */
  readonly lost: number
  /** Connections that the database refused: SQLSTATE 53300. */
  readonly refusedConnections: number
  readonly peakConnections: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** From the last request until all that was accepted had its effect. */
  readonly drainSeconds: number
}

/** A queue that does not empty is reported, not waited for. */
const drainLimitMs = 15 * 60_000

/** Runs one design on back ends of its own, floods it, and counts. */
export async function runDesign(options: DesignOptions, progress: Progress): Promise<DesignFigures> {
  progress.step('starting')
  const local = await startLocal(await loadApp(options.config), {
    databaseSettings: { commit_delay: Math.round(options.commitMs * 1000), commit_siblings: 0 },
    onReport: progress.line,
  })
  try {
    const { file, rate, seconds } = options
    const result = await flood({ file, url: local.url, rate, seconds }, (report) => progress.flood(report))
    await drain(local, progress)
    const drainedAt = performance.now()
    const lost = findLost(result.acceptedKeys, await readLedger(local, options.writtenKeys))
    return {
      sent: result.sent,
      accepted: result.accepted,
      failed: result.sent - result.accepted,
      lost: lost.length,
      refusedConnections: local.database?.refusedConnections() ?? 0,
      peakConnections: local.database?.peakConnections() ?? 0,
      p50Ms: round(result.p50Ms),
      p99Ms: round(result.p99Ms),
      drainSeconds: round((drainedAt - result.burstEndedAt) / 1000),
    }
  } finally {
    progress.step('stopping')
    await local.stop()
  }
}

async function drain(local: Local, progress: Progress): Promise<void> {
  const startedAt = performance.now()
  for (;;) {
    const waiting = await countWaiting(local)
    if (waiting === 0) return
    if (performance.now() - startedAt > drainLimitMs) {
      throw new SpillwayError(
        'SPILLWAY_WRITE_FAILED',
        `The queue did not drain: ${waiting} messages are left.`,
      )
    }
    progress.drain(waiting)
    await sleep(20)
  }
}

/** Messages that have not come to their end: in a queue or a stream that something reads, or in an invocation. */
async function countWaiting(local: Local): Promise<number> {
  const { queues, streams, functions } = await local.state()
  const read = local.app.functions.flatMap((fn) => fn.eventSource?.queue ?? [])
  const queued = read.map((name) => queues[name]).reduce((sum, depth) => sum + total(depth), 0)
  const readers = Object.values(streams).flatMap((stream) => Object.values(stream.readers))
  const streamed = readers.reduce((sum, { backlog }) => sum + backlog, 0)
  return queued + streamed + Object.values(functions).reduce((sum, { active }) => sum + active, 0)
}

function total(depth: { visible: number; inFlight: number; delayed: number } | undefined): number {
  return depth === undefined ? 0 : depth.visible + depth.inFlight + depth.delayed
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
