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
}

/** Counts outcomes. */
export function summarise(name: string, outcomes: readonly Outcome[]): BatchSummary {
  const counts = { done: 0, retry: 0, park: 0 }
  const codes: Record<string, number> = {}
  for (const outcome of outcomes) {
    counts[outcome.kind]++
    if (outcome.kind === 'done') continue
    const code = outcome.kind === 'park' ? outcome.reason.code : codeOf(outcome.cause)
    codes[code] = (codes[code] ?? 0) + 1
  }
  const { done, retry: retried, park: parked } = counts
  const message = `${name}: ${done} done, ${retried} retried, ${parked} parked`
  return { message, name, records: outcomes.length, done, retried, parked, codes }
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
