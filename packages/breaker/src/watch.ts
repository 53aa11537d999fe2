import { type Logger, type Outcome, SpillwayError, type TimeLimit, type Writer } from '@spillway/message'

/** Wraps a writer: its outcomes stay what they are. */
export type Watch = <Body>(writer: Writer<Body>) => Writer<Body>

/** What {@link createWatch} takes. */
export interface WatchOptions {
  /** Batches in a row. */
  readonly threshold: number
  /** Switches the mapping off. */
  open(limit: TimeLimit): Promise<void>
  readonly logger: Logger
}

/**
 * Counts the batches in a row of which every record came back because the database is not available. It knows of one
 * execution environment only: where one is in trouble and the others are not, theirs is the fault.
 */
export function createWatch({ threshold, open, logger }: WatchOptions): Watch {
  let inARow = 0
  let opening: Promise<void> | undefined

  async function tryToOpen(limit: TimeLimit): Promise<void> {
    try {
      await open(limit)
      inARow = 0
    } catch (error) {
      // The next batch that comes back tries again.
      logger.error('breaker: the event source mapping could not be switched off', { error })
    }
  }

  return function watch(writer) {
    return async function watchedWriter(records, limit) {
      const outcomes = await writer(records, limit)
      if (!isOutage(outcomes)) inARow = 0
      else if (++inARow >= threshold) {
        opening ??= tryToOpen(limit).finally(() => {
          opening = undefined
        })
        await opening
      }
      return outcomes
    }
  }
}

/** Whether nothing of a batch was done, for want of a database. A writer may answer anything. */
function isOutage(outcomes: readonly Outcome[]): boolean {
  return Array.isArray(outcomes) && outcomes.length > 0 && Array.from(outcomes).every(isUnavailable)
}

function isUnavailable(outcome: Outcome | undefined): boolean {
  const cause = outcome?.kind === 'retry' ? outcome.cause : undefined
  return cause instanceof SpillwayError && cause.code === 'SPILLWAY_DATABASE_UNAVAILABLE'
}
