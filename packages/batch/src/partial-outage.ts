import type { Outcome } from '@spillway/message'
import { isUnavailable } from './outage.ts'

/** How long a partial outage is remembered. Milliseconds. */
const memoryMs = 60_000

/** What one invocation observes of an outage. */
export interface Witness {
  /** Notes the outcomes of records that were tried at the same time. */
  note(outcomes: readonly Outcome[]): void
  /** Notes the outcome of a record that was tried by itself. */
  noteOne(outcome: Outcome): void
  /**
   * Notes that one of several handlers is called. Returns a function that notes the outcomes. A record of another handler
   * that is done in between was tried at the same time.
   */
  begin(handler: unknown): (outcomes: readonly Outcome[]) => void
  /** Whether a record was done at the same time as, or after, another one was unavailable: only a part is down. */
  sawPart(): boolean
}

/** Creates the witness of one invocation. */
export function createWitness(): Witness {
  let sawDown = false
  let sawPart = false
  /** How many calls had a record done, in all and of each handler. */
  let calls = 0
  const callsOf = new Map<unknown, number>()
  const callsOfOthers = (handler: unknown) => calls - (callsOf.get(handler) ?? 0)

  function note(outcomes: readonly Outcome[]): void {
    // First look for unavailable records: a record that was done before the outage does not count.
    sawDown ||= outcomes.some(isUnavailable)
    sawPart ||= sawDown && outcomes.some(isDone)
  }
  return {
    note,
    noteOne(outcome) {
      sawDown ||= isUnavailable(outcome)
      sawPart ||= sawDown && isDone(outcome)
    },
    begin(handler) {
      const before = callsOfOthers(handler)
      return (outcomes) => {
        note(outcomes)
        sawPart ||= callsOfOthers(handler) > before && outcomes.some(isUnavailable)
        if (!outcomes.some(isDone)) return
        calls += 1
        callsOf.set(handler, (callsOf.get(handler) ?? 0) + 1)
      }
    },
    sawPart: () => sawPart,
  }
}

/** Knows whether only a part of the dependencies is down: one database of two, for example. */
export interface PartialOutage {
  isKnown(): boolean
  /** Notes how a batch ended. */
  ended(outcomes: readonly Outcome[], witness: Witness): void
}

/**
 * Remembers, for one execution environment, whether some records are done while others are unavailable, in one batch or
 * in consecutive batches. A batch in which every record is unavailable does not show by itself whether the records in the
 * queue are, too.
 *
 * @param now the time in milliseconds
 */
export function createPartialOutage(now: () => number): PartialOutage {
  let partAt: number | undefined
  let downAt: number | undefined
  let doneAfterDown = false
  const isRecent = (at: number | undefined) => at !== undefined && now() - at < memoryMs
  return {
    isKnown: () => isRecent(partAt),
    ended(outcomes, witness) {
      if (outcomes.some(isUnavailable)) {
        if (witness.sawPart() || (doneAfterDown && isRecent(downAt))) partAt = now()
        downAt = now()
        doneAfterDown = false
      } else if (downAt !== undefined) doneAfterDown ||= outcomes.some(isDone)
    },
  }
}

function isDone({ kind }: Outcome): boolean {
  return kind === 'done'
}
