import {
  type EachRecord,
  isOutcome,
  type Outcome,
  retry,
  SpillwayError,
  type TimeLimit,
  type Writer,
} from '@spillway/message'
import { isEachRecord, isUnavailableOutcome, type Watcher, watched } from '@spillway/message/internal'
import { createOpenings, type OpeningsOptions } from './openings.ts'

/**
 * Wraps a writer, or the result of `eachRecord`, without changing its outcomes.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` for anything else.
 */
// One signature instead of two overloads: with overloads TypeScript infers function arguments from the first one.
export type Watch = <Handler extends Writer<never> | EachRecord<never>>(handler: Handler) => Handler

/** What {@link createWatch} takes. */
export interface WatchOptions extends Omit<OpeningsOptions, 'opened'> {
  /** After how many batches in a row to open. */
  readonly threshold: number
}

/** For how many milliseconds after a batch the breaker may open at the start of the next one. */
const memory = 60_000

/**
 * Counts consecutive batches whose records all returned because their database is unavailable, in one execution
 * environment.
 *
 * The batch that reaches the threshold opens the breaker while it is held. If it has no time for that, the next batch
 * opens when it starts.
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

  /** For a writer that is called directly. `batch` calls the watcher itself instead. */
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

/** A writer may return any value. A value without one outcome per record is not counted as an outage. */
function asOutcomes(answer: unknown, count: number): readonly Outcome[] {
  return Array.isArray(answer) && answer.length === count && Array.from(answer).every(isOutcome) ? answer : []
}

function nameOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value
}

/** The codes of records that never reached the handler and therefore show nothing about the database. */
const neutral: ReadonlySet<unknown> = new Set([
  'SPILLWAY_BODY_INVALID',
  'SPILLWAY_CLAIM_MISSING',
  'SPILLWAY_ENVELOPE_INVALID',
  'SPILLWAY_LANE_STOPPED',
])

/**
 * Whether no record of a batch was done because of an outage, by the same rule as `batch`. Records that could not be
 * decoded, and records after a failed one of their lane, do not count.
 */
function isOutage(outcomes: readonly Outcome[]): boolean {
  const telling = outcomes.filter((outcome) => !neutral.has(codeOf(outcome)))
  return telling.length > 0 && telling.every(isUnavailableOutcome)
}

function codeOf(outcome: Outcome): unknown {
  if (outcome.kind === 'park') return outcome.reason.code
  return outcome.kind === 'retry' ? (Object(outcome.cause) as { readonly code?: unknown }).code : undefined
}
