import type { Outcome, ParkOutcome, RetryOutcome } from '@spillway/message'
import { codeOf } from './code-of.ts'

/** The numbers of one message in a batch, for the log. Has no payload. */
export interface BatchSummary {
  readonly message: string
  /** The name of the message; `(no route)` for records without a route. */
  readonly name: string
  readonly records: number
  readonly done: number
  readonly retried: number
  readonly parked: number
  /** How many records were retried or parked, by code. */
  readonly codes: Readonly<Record<string, number>>
}

/** The failed records of a batch with one kind and code. */
export interface Failure {
  readonly code: string
  /** The outcome of the first one. */
  readonly outcome: RetryOutcome | ParkOutcome
  /** The position of the first one. */
  readonly position: number
  readonly records: number
}

/** The failures in outcomes, one for each kind and code, in the order of their first records. */
export function failuresOf(outcomes: readonly Outcome[]): readonly Failure[] {
  // A map, because a code may be any text, even `__proto__`.
  const failures = new Map<string, { -readonly [Name in keyof Failure]: Failure[Name] }>()
  for (let position = 0; position < outcomes.length; position++) {
    const outcome = outcomes[position] as Outcome
    if (outcome.kind === 'done') continue
    const code = outcome.kind === 'park' ? outcome.reason.code : codeOf(outcome.cause)
    const id = `${outcome.kind} ${code}`
    const known = failures.get(id)
    if (known === undefined) failures.set(id, { code, outcome, position, records: 1 })
    else known.records++
  }
  return [...failures.values()]
}

/** Counts outcomes. */
export function summarise(
  name: string,
  outcomes: readonly Outcome[],
  failures: readonly Failure[],
): BatchSummary {
  const counts = { retry: 0, park: 0 }
  const codes = new Map<string, number>()
  for (const { code, outcome, records } of failures) {
    counts[outcome.kind] += records
    codes.set(code, (codes.get(code) ?? 0) + records)
  }
  const { retry: retried, park: parked } = counts
  const done = outcomes.length - retried - parked
  const message = `${name}: ${done} done, ${retried} retried, ${parked} parked`
  return { message, name, records: outcomes.length, done, retried, parked, codes: Object.fromEntries(codes) }
}
