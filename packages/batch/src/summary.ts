import { type Outcome, SpillwayError } from '@spillway/message'

/** What became of a batch, in numbers. Holds no payload. */
export interface BatchSummary {
  readonly message: string
  readonly name: string
  readonly records: number
  readonly done: number
  readonly retried: number
  readonly parked: number
  /** How many records were retried or parked, by code. */
  readonly codes: Readonly<Record<string, number>>
  /** Milliseconds that were waited for something that was down or saturated, where there were any. */
  readonly held?: number
}

/** Counts outcomes. */
export function summarise(name: string, outcomes: readonly Outcome[]): BatchSummary {
  const counts = { done: 0, retry: 0, park: 0 }
  for (const { kind } of outcomes) counts[kind]++
  const { done, retry: retried, park: parked } = counts
  const codes = retried + parked === 0 ? {} : codesOf(outcomes, 'retry', 'park')
  const message = `${name}: ${done} done, ${retried} retried, ${parked} parked`
  return { message, name, records: outcomes.length, done, retried, parked, codes }
}

/** How many records of some kinds have each code. */
export function codesOf(
  outcomes: readonly Outcome[],
  ...kinds: readonly Outcome['kind'][]
): Readonly<Record<string, number>> {
  // A code may be anything, `__proto__` too.
  const codes = new Map<string, number>()
  for (const outcome of outcomes) {
    if (outcome.kind === 'done' || !kinds.includes(outcome.kind)) continue
    const code = outcome.kind === 'park' ? outcome.reason.code : codeOf(outcome.cause)
    codes.set(code, (codes.get(code) ?? 0) + 1)
  }
  return Object.fromEntries(codes)
}

/** One line of JSON on standard error for a batch in which something was not done; silence for the others. */
export function logSummary(summary: BatchSummary): void {
  if (summary.retried + summary.parked > 0) console.warn(JSON.stringify({ level: 'warn', ...summary }))
}

function codeOf(cause: unknown): string {
  // Spillway's errors wrap what went wrong beneath, whose code says more.
  if (cause instanceof SpillwayError && cause.cause !== undefined) {
    const beneath = codeOf(cause.cause)
    return beneath === 'unknown' || beneath === 'Error' ? cause.code : beneath
  }
  if (typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string') {
    return cause.code
  }
  return cause instanceof Error ? cause.name : 'unknown'
}
