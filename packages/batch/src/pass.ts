import type { MessageRecord, Outcome, RecordSource, SourceRecord, TimeLimit } from '@spillway/message'
import type { Deadlines } from './deadline.ts'
import type { Witness } from './partial-outage.ts'
import type { BatchProgress } from './progress.ts'
import type { MessageReader } from './reader.ts'

/** What passes over the records of an invocation share. */
export interface Invocation<Body> {
  readonly reader: MessageReader
  readonly source: RecordSource
  readonly progress: BatchProgress
  readonly deadlines: Deadlines
  /** The outcomes that earlier deliveries decided, whatever the records hold. */
  readonly decided: ReadonlyMap<SourceRecord, Outcome>
  /** Gets the outcomes of records as they come. */
  readonly witness: Witness
  /** Whether only a part of the dependencies is down: then the failure of a record says nothing of other records. */
  readonly isPartial: boolean
  /** The outcome of a record whose handler threw; the handler had the signal. */
  outcomeOfError(thrown: unknown, record: MessageRecord<Body>, signal: AbortSignal): Outcome
}

/**
 * Goes through records once and settles their outcomes. Records that it did not begin stay open.
 *
 * @param positions the records to go through, in order
 * @param attempt how many passes were made before. After the first, a dependency was down a moment ago: it should be
 * tried with few records
 */
export type Pass<Body> = (
  invocation: Invocation<Body>,
  positions: readonly number[],
  attempt: number,
) => Promise<void>

/** The limit that a handler gets. */
export function limitOf({ deadlines: { writing }, isPartial }: Invocation<never>): TimeLimit {
  if (!isPartial) return writing
  return { signal: writing.signal, remainingTime: writing.remainingTime, mayHold: false }
}
