import type { Local } from '@spillway/local'
import type { LoadInterval } from './tally.ts'

/** The state of the runtime at one moment. */
export interface Sample {
  /** Wall-clock time in milliseconds. */
  readonly at: number
  /** Messages in the queues and streams that a function reads. */
  readonly backlog: number
  /** The most connections since the previous sample. */
  readonly connections: number
  /** Connections that the database refused since the previous sample. */
  readonly refused: number
}

/** One interval of a design's run. */
export interface Interval extends LoadInterval {
  /** Messages that wait at the end of the interval. */
  readonly backlog: number
  /** The most connections that the functions held. */
  readonly connections: number
  readonly refused: number
}

/** A design's run over time. */
export interface Series {
  readonly intervalMs: number
  /** From the first request until all accepted messages were written. */
  readonly intervals: readonly Interval[]
}

/** Takes samples until it is stopped. */
export interface Sampler {
  /** @returns the samples, and the peak of the connections. */
  stop(): Promise<{ readonly samples: readonly Sample[]; readonly peakConnections: number }>
}

/** Takes a sample of a running app every `everyMs`. Each sample resets the peak of the connections. */
export function startSampler(local: Local, everyMs: number): Sampler {
  const { database } = local
  const samples: Sample[] = []
  let refusedBefore = database?.refusedConnections() ?? 0
  let reading: Promise<void> | undefined
  database?.resetPeak()

  async function take(): Promise<void> {
    const backlog = await countQueued(local)
    const refused = database?.refusedConnections() ?? 0
    samples.push({
      at: Date.now(),
      backlog,
      connections: database?.peakConnections() ?? 0,
      refused: refused - refusedBefore,
    })
    refusedBefore = refused
    database?.resetPeak()
  }

  const timer = setInterval(() => {
    // On a busy machine a sample may take longer than the interval.
    reading ??= take().finally(() => {
      reading = undefined
    })
  }, everyMs)

  return {
    async stop() {
      clearInterval(timer)
      await reading
      await take()
      return { samples, peakConnections: Math.max(0, ...samples.map(({ connections }) => connections)) }
    },
  }
}

/** Messages in the queues and streams that functions read, including those in flight. */
export async function countQueued(local: Local): Promise<number> {
  const { queues, streams } = await local.state()
  const read = local.app.functions.flatMap((fn) => fn.eventSource?.queue ?? [])
  const queued = read.map((name) => queues[name]).reduce((sum, depth) => sum + total(depth), 0)
  const readers = Object.values(streams).flatMap((stream) => Object.values(stream.readers))
  return queued + readers.reduce((sum, { backlog }) => sum + backlog, 0)
}

function total(depth: { visible: number; inFlight: number; delayed: number } | undefined): number {
  return depth === undefined ? 0 : depth.visible + depth.inFlight + depth.delayed
}

const nothing: LoadInterval = { arrivals: 0, accepted: 0, failed: 0, p50Ms: null, p99Ms: null }

/**
 * Assigns the samples to the intervals of the load generator, without those before its start. The series ends with the
 * last of both.
 */
export function toSeries(
  intervals: readonly LoadInterval[],
  samples: readonly Sample[],
  { startedAt, intervalMs }: { readonly startedAt: number; readonly intervalMs: number },
): Series {
  const during = samples.filter(({ at }) => at >= startedAt)
  const byInterval = Map.groupBy(during, ({ at }) => Math.floor((at - startedAt) / intervalMs))
  const length = Math.max(intervals.length, ...[...byInterval.keys()].map((index) => index + 1))
  const merged: Interval[] = []
  for (let index = 0; index < length; index++) {
    const before = merged.at(-1)
    const own = byInterval.get(index) ?? []
    merged.push({
      ...(intervals[index] ?? nothing),
      // An interval without a sample has the values of the previous one.
      backlog: own.at(-1)?.backlog ?? before?.backlog ?? 0,
      connections:
        own.length === 0
          ? (before?.connections ?? 0)
          : Math.max(...own.map(({ connections }) => connections)),
      refused: own.reduce((sum, { refused }) => sum + refused, 0),
    })
  }
  return { intervalMs, intervals: merged }
}
