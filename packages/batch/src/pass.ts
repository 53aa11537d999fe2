import type { MessageRecord, Outcome, RecordSource, SourceRecord, TimeLimit } from '@spillway/message'
import type { Deadlines } from './deadline.ts'
import type { Ledger } from './ledger.ts'
import type { Witness } from './partial-outage.ts'
import type { MessageReader } from './reader.ts'

/** All that a round needs of its invocation. */
export interface Invocation<Body> {
  readonly reader: MessageReader
  readonly source: RecordSource
  readonly ledger: Ledger
  readonly deadlines: Deadlines
  /** What becomes of records whatever they hold, because of their earlier deliveries. */
  readonly decided: ReadonlyMap<SourceRecord, Outcome>
  /** Gets what records came to, as it comes. */
  readonly witness: Witness
  /** Whether only a part of what the records need is down: then a failure says nothing of other records. */
  readonly isPartial: boolean
  /** What becomes of a record whose handler, which had the signal, threw. */
  judge(thrown: unknown, record: MessageRecord<Body>, signal: AbortSignal): Outcome
}

/**
 * Goes through records once and settles in the ledger what becomes of them. What it leaves out was not begun.
 *
 * @param positions those of the records, in order
 * @param round from 0. In a later one, what the records need was down just now: it is to be tried with few
 */
export type Pass<Body> = (
  invocation: Invocation<Body>,
  positions: readonly number[],
  round: number,
) => Promise<void>

/** The limit that a handler gets. */
export function limitOf({ deadlines: { writing }, isPartial }: Invocation<never>): TimeLimit {
  if (!isPartial) return writing
  return { signal: writing.signal, remainingTime: writing.remainingTime, mayHold: false }
}
