import {
  type EachRecord,
  isOutcome,
  type Outcome,
  retry,
  SpillwayError,
  type TimeLimit,
  type Writer,
} from '@spillway/message'
import { isEachRecord, type Watcher, watched } from '@spillway/message/internal'
import { isOutage } from './is-outage.ts'
import { createOpenings, type OpeningsOptions } from './openings.ts'

/**
 * Wraps a writer, or what `eachRecord` makes: its outcomes stay what they are.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` for anything else.
 */
// One signature: of two, the first fixes the types of functions in the argument, whichever is meant.
export type Watch = <Handler extends Writer<never> | EachRecord<never>>(handler: Handler) => Handler

/** What {@link createWatch} takes. */
export interface WatchOptions extends Omit<OpeningsOptions, 'opened'> {
  /** Batches in a row. */
  readonly threshold: number
}

/** For how long batches that came back are a reason to open at the start of the next one. Milliseconds. */
const memory = 60_000

/**
 * Counts the batches in a row of which every record came back because what it needs is not available. It knows of one
 * execution environment only: where one is in trouble and the others are not, theirs is the fault.
 *
 * The batch that would be the last of them opens while it is held. One that had no time for it leaves it to the next,
 * which begins with it.
 */
export function createWatch({ threshold, open, clock, logger }: WatchOptions): Watch {
  let inARow = 0
  let lastAt = 0
  const openings = createOpenings({
    open,
    clock,
    logger,
    opened: () => {
      inARow = 0
    },
  })

  function begun(limit: TimeLimit): void {
    if (inARow >= threshold && clock.now() - lastAt < memory) void openings.now(limit)
  }

  function held(outcomes: readonly Outcome[], limit: TimeLimit): void {
    if (!isOutage(outcomes)) void openings.stop()
    else if (inARow + 1 >= threshold) openings.later(limit)
  }

  async function settled(outcomes: readonly Outcome[], limit: TimeLimit): Promise<void> {
    if (!isOutage(outcomes)) {
      inARow = 0
      await openings.stop()
      return
    }
    inARow += 1
    lastAt = clock.now()
    if (inARow >= threshold || openings.hasBegun(limit)) await openings.now(limit)
  }

  /** For one that is called by something else than `batch`, which takes the watcher off. */
  function watchCalls<Body>(writer: Writer<Body>): Writer<Body> {
    return async function watchedWriter(records, limit) {
      let outcomes: readonly Outcome[]
      begun(limit)
      try {
        outcomes = await writer(records, limit)
      } catch (cause) {
        await settled([retry({ cause })], limit)
        throw cause
      }
      await settled(asOutcomes(outcomes, records.length), limit)
      return outcomes
    }
  }

  function watch(handler: Writer<never> | EachRecord<never>): Writer<never> | EachRecord<never> {
    const watcher: Watcher<typeof handler> = { handler, begun, held, settled }
    if (isEachRecord(handler)) return Object.freeze({ ...handler, [watched]: watcher })
    if (typeof handler === 'function') return Object.assign(watchCalls(handler), { [watched]: watcher })
    throw new SpillwayError(
      'SPILLWAY_OPTION_INVALID',
      `breaker: watch() takes a writer or eachRecord(…), not ${nameOf(handler)}. It goes inside of batch(): batch(message, watch(…)).`,
    )
  }
  return watch as Watch
}

/** A writer may answer anything: what is not one outcome for each record says nothing of an outage. */
function asOutcomes(answer: unknown, count: number): readonly Outcome[] {
  return Array.isArray(answer) && answer.length === count && Array.from(answer).every(isOutcome) ? answer : []
}

function nameOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value
}
