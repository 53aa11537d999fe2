/** The measurements from which the limits of a design are found. */
export interface LimitMeasures {
  /** The most connections that the functions may hold. */
  readonly budget: number
  readonly refusedConnections: number
  readonly failed: number
  /** Shares of the time, 0 to 1. */
  readonly busy: { readonly processor: number; readonly runtime: number }
  /** The 99th percentile of the delay with which requests were sent. */
  readonly lateMs: number
}

/** A limit of a design, and the evidence for it. */
export interface Limit {
  readonly by: 'connections' | 'processor' | 'runtime' | 'load generator' | 'nothing' | 'unknown'
  readonly why: string
}

/** The share from which a processor or a process counts as fully used. */
const full = 0.9

/** The delay from which a request counts as sent late. Milliseconds. */
const late = 100

/** Finds the limits of a design, the most certain first. */
export function findLimits(measures: LimitMeasures): readonly Limit[] {
  const { budget, refusedConnections, failed, busy, lateMs } = measures
  const limits: Limit[] = []
  if (refusedConnections > 0) {
    limits.push({
      by: 'connections',
      why: `the functions may hold ${count(budget, 'connection')}, and the database refused ${refusedConnections.toLocaleString('en')} more`,
    })
  }
  if (busy.processor >= full) {
    limits.push({
      by: 'processor',
      why: `the processor of this machine was busy for ${percent(busy.processor)} of the flood`,
    })
  }
  if (busy.runtime >= full) {
    limits.push({
      by: 'runtime',
      why: `the process of the local gateway and queue was busy for ${percent(busy.runtime)} of the flood`,
    })
  }
  if (lateMs >= late) {
    limits.push({
      by: 'load generator',
      why: `one request in a hundred was sent ${Math.round(lateMs)} ms late or later, which is part of its latency`,
    })
  }
  if (limits.length > 0) return limits
  return failed > 0
    ? [{ by: 'unknown', why: 'requests failed for another reason; see the messages above' }]
    : [{ by: 'nothing', why: 'it handled the flood and had capacity left' }]
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
