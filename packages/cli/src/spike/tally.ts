import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

/** The results of a load generator so far. */
export interface LoadReport {
  /** The number of requests to send; 0 when it is not known in advance. */
  readonly total: number
  readonly sent: number
  readonly answered: number
  readonly accepted: number
  /** How many answers there were, by status or by the code of the client's error. */
  readonly answers: Readonly<Record<string, number>>
  /** The latency: from the time at which a request was due to its response of any kind. */
  readonly p50Ms: number
  readonly p99Ms: number
  /** The 99th percentile of the delay with which requests were sent. */
  readonly lateMs: number
}

/** The requests of one interval. */
export interface LoadInterval {
  /** Requests that were due. */
  readonly arrivals: number
  /** Answers with 2xx. */
  readonly accepted: number
  /** Other responses, and requests without one. */
  readonly failed: number
  /** The latency of the requests that were due; `null` when there were none. */
  readonly p50Ms: number | null
  readonly p99Ms: number | null
}

interface Counts {
  arrivals: number
  accepted: number
  failed: number
  readonly latency: RecordableHistogram
}

/** Counts requests and responses, in total and by interval. */
export interface Tally {
  /** A request was sent, `lateMs` after it was due. */
  sent(dueMs: number, lateMs: number): void
  /** A request that was due at `dueMs` was answered at `atMs`. */
  answered(dueMs: number, atMs: number, answer: string): void
  report(total: number): LoadReport
  /** The intervals since the start, without gaps. */
  intervals(): readonly LoadInterval[]
}

/** Creates a tally. Times are milliseconds since the start. */
export function createTally(intervalMs: number): Tally {
  const latency = createHistogram()
  const lateness = createHistogram()
  const answers: Record<string, number> = {}
  const counts: Counts[] = []
  let sent = 0
  let answered = 0
  let accepted = 0

  function at(ms: number): Counts {
    const index = Math.max(0, Math.floor(ms / intervalMs))
    while (counts.length <= index) {
      counts.push({ arrivals: 0, accepted: 0, failed: 0, latency: createHistogram({ figures: 2 }) })
    }
    return counts[index] as Counts
  }

  return {
    sent(dueMs, lateMs) {
      sent++
      at(dueMs).arrivals++
      lateness.record(toMicroseconds(lateMs))
    },
    answered(dueMs, atMs, answer) {
      answered++
      answers[answer] = (answers[answer] ?? 0) + 1
      const isAccepted = /^2\d\d$/.test(answer)
      if (isAccepted) accepted++
      at(atMs)[isAccepted ? 'accepted' : 'failed']++
      const took = toMicroseconds(atMs - dueMs)
      latency.record(took)
      at(dueMs).latency.record(took)
    },
    report: (total) => ({
      total,
      sent,
      answered,
      accepted,
      answers: { ...answers },
      p50Ms: percentile(latency, 50) ?? 0,
      p99Ms: percentile(latency, 99) ?? 0,
      lateMs: percentile(lateness, 99) ?? 0,
    }),
    intervals: () =>
      counts.map(({ latency: own, ...numbers }) => ({
        ...numbers,
        p50Ms: percentile(own, 50),
        p99Ms: percentile(own, 99),
      })),
  }
}

/** A histogram accepts integers from 1. */
function toMicroseconds(ms: number): number {
  return Math.max(1, Math.round(ms * 1000))
}

function percentile(histogram: RecordableHistogram, rank: number): number | null {
  return histogram.count === 0 ? null : Math.round(histogram.percentile(rank) / 100) / 10
}
