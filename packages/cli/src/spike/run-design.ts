import { type Busy, measureBusy } from './busy.ts'
import { findLimits, type Limit } from './find-limits.ts'
import { flood } from './flood.ts'
import { readLedger, takeAccount } from './ledger.ts'
import { chooseIntervalMs } from './plan-flood.ts'
import type { Progress } from './progress.ts'
import { drain, type RunOptions, type WarmApp, withApp } from './run-app.ts'
import { type Series, startSampler, toSeries } from './sampler.ts'

/** The options with which one design is run. */
export interface DesignOptions extends Omit<RunOptions, 'firstIndex'> {
  /** The file of the spike. */
  readonly file: string
  /** Requests per second. */
  readonly rate: number
  readonly seconds: number
}

/** The result of a flood for one design. */
export interface DesignFigures {
  /** Requests, each sent when it was due. */
  readonly sent: number
  /** Answered with 2xx. */
  readonly accepted: number
  /** Answered with another status, or not at all. */
  readonly failed: number
  /** How many answers there were, by status or by the code of the client's error. */
  readonly answers: Readonly<Record<string, number>>
  /** Rows in the database. */
  readonly written: number
  /** Copies in the dead-letter queue. */
  readonly parked: number
  /** Accepted, but in neither the table nor the dead-letter queue. */
  readonly lost: number
  /** The most connections that the functions may hold. */
  readonly budget: number
  readonly peakConnections: number
  /** Connections that the database refused: SQLSTATE 53300. */
  readonly refusedConnections: number
  /** The most messages that waited at the same time. */
  readonly peakBacklog: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** From the last request until all accepted messages had their effect. */
  readonly drainSeconds: number
  readonly limitedBy: readonly Limit[]
  readonly series: Series
}

/** Runs one design with its own database and queues, floods it, and counts the results. */
export function runDesign(options: DesignOptions, progress: Progress): Promise<DesignFigures> {
  // The warm-up uses the numbers after those of the flood.
  const firstIndex = Math.round(options.rate * options.seconds)
  return withApp({ ...options, firstIndex }, progress, (app) => floodApp(app, options, progress))
}

async function floodApp(
  { local, warmUpKeys }: WarmApp,
  { file, spike, rate, seconds }: DesignOptions,
  progress: Progress,
): Promise<DesignFigures> {
  const intervalMs = chooseIntervalMs(rate, seconds)
  const sampler = startSampler(local, intervalMs / 2)
  const watch = createWatch()
  const result = await flood(
    { file, url: local.url, load: { rate }, seconds, firstIndex: 0, intervalMs },
    { onStart: watch.start, onProgress: progress.flood, onBurstEnd: watch.endBurst },
  )
  await drain(local, progress.drain)
  const { startedAt, busy, drainSeconds } = watch.end()
  const { samples, peakConnections } = await sampler.stop()
  const series = toSeries(result.intervals, samples, { startedAt, intervalMs })
  const ledger = await readLedger(local, spike.writtenKeys)
  const { sent, accepted, answers, lateMs } = result
  const failed = sent - accepted
  const budget = local.app.database?.budget ?? 0
  const refusedConnections = series.intervals.reduce((sum, { refused }) => sum + refused, 0)
  return {
    sent,
    accepted,
    failed,
    answers,
    ...takeAccount(result.acceptedKeys, ledger, warmUpKeys),
    budget,
    peakConnections,
    refusedConnections,
    peakBacklog: Math.max(...series.intervals.map(({ backlog }) => backlog)),
    p50Ms: round(result.p50Ms),
    p99Ms: round(result.p99Ms),
    drainSeconds: round(drainSeconds),
    limitedBy: findLimits({ budget, refusedConnections, failed, busy, lateMs }),
    series,
  }
}

/** Measures when a flood began and ended, and how busy this machine was in between. */
function createWatch() {
  let startedAt = 0
  let burstEndedAt = 0
  let endBusy = measureBusy()
  let busy: Busy = { processor: 0, runtime: 0 }
  return {
    start(at: number): void {
      startedAt = at
      endBusy = measureBusy()
    },
    endBurst(): void {
      burstEndedAt = performance.now()
      busy = endBusy()
    },
    end: () => ({ startedAt, busy, drainSeconds: (performance.now() - burstEndedAt) / 1000 }),
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
