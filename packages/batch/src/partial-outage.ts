import type { Outcome } from '@spillway/message'
import { isUnavailable } from './outage.ts'

/** How long it is remembered that only a part is down. Milliseconds. */
const memoryMs = 60_000

/** What the records of one invocation showed of an outage. */
export interface Witness {
  /** Notes what records came to that were tried at the same time. */
  note(outcomes: readonly Outcome[]): void
  /**
   * Notes that records are given to one of several handlers, and answers what notes what they came to. A record of another
   * handler that is done meanwhile was tried at the same time.
   */
  begin(handler: unknown): (outcomes: readonly Outcome[]) => void
  /** Whether a record was done while, or after, another found that what it needs is down. */
  sawPart(): boolean
}

/** Notes what one invocation sees. */
export function createWitness(): Witness {
  let sawDown = false
  let sawPart = false
  /** How many calls did something, in all and of each handler. */
  let calls = 0
  const callsOf = new Map<unknown, number>()
  const callsOfOthers = (handler: unknown) => calls - (callsOf.get(handler) ?? 0)

  function note(outcomes: readonly Outcome[]): void {
    // Before they are asked whether they are done: what was done before an outage says nothing of it.
    sawDown ||= outcomes.some(isUnavailable)
    sawPart ||= sawDown && outcomes.some(isDone)
  }
  return {
    note,
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

/** Knows whether an outage is one of a part only: of one database of two, for example. */
export interface PartialOutage {
  isKnown(): boolean
  /** Notes how a batch ended. */
  ended(outcomes: readonly Outcome[], witness: Witness): void
}

/**
 * Remembers, for one execution environment, whether others of its records are done while some are unavailable: in one
 * batch, or in batches one after the other. A batch of which every record is unavailable says by itself nothing of those
 * that are still in the queue.
 *
 * @param now milliseconds
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
