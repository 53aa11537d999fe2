import { type Outcome, retry } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'

/** The step after a statement that failed with an error that the database itself may have caused. */
export type Search =
  /** Split its rows: only a few may be at fault. */
  | 'split'
  /** The last batch was refused as a whole: try one row, to check whether the database still refuses all. */
  | 'sample'
  /** The database still refuses all rows. */
  | 'stop'

/**
 * The evidence of one batch about the state of its database. A failure that no record caused is an outage if it hits
 * the whole batch. If the database wrote a record, or refused one for its values, it is up, and only the other records
 * have to be delivered again.
 */
export interface Health {
  /** Whether the database wrote a record of the batch, or refused one for its values. */
  readonly isProven: boolean
  /** The database wrote a record, or refused one for its values. */
  prove(): void
  /** A statement failed with an error that the database itself may have caused. */
  search(): Search
  /** The outcome of a record that is not at fault. Call it after the whole batch was tried. */
  notAtFault(cause: unknown): Outcome
  /** The batch ended: the result of the search is stored in the memory. */
  end(): void
}

/**
 * Creates the health for a batch. At first it is unknown, or the previous batch was refused as a whole.
 *
 * @param memory the memory of the environment. Default: none
 */
export function createHealth(memory?: OutageMemory): Health {
  const wasDown = memory?.isDown() ?? false
  let isProven = false
  let failures = 0
  return {
    get isProven() {
      return isProven
    },
    prove() {
      isProven = true
      memory?.forget()
    },
    search() {
      failures += 1
      if (isProven || !wasDown) return 'split'
      return failures === 1 ? 'sample' : 'stop'
    },
    notAtFault: (cause) => retry(isProven ? { cause } : { cause, unavailable: true }),
    end() {
      // After a single failure there was no search, because the batch has one row.
      if (!isProven && !wasDown && failures > 1) memory?.note()
    },
  }
}

/**
 * Remembers, for one environment, that the database refused a whole batch with errors that no row caused. While `batch`
 * waits for the database, the same records are tried again and again, and should not be searched each time.
 */
export interface OutageMemory {
  /** Whether a batch was searched without result a short time ago, and nothing was written since. */
  isDown(): boolean
  /** All rows of a batch were refused. */
  note(): void
  /** The database wrote a row, or refused one for its values. */
  forget(): void
}

/**
 * Milliseconds after which a batch is searched again. The single row that is tried until then may be one that is at
 * fault: the search finds the rows that the database accepts.
 */
const memoryMs = 60_000

/** Creates a memory without an outage. */
export function createOutageMemory(clock: Clock): OutageMemory {
  let notedAt: number | undefined
  return {
    isDown: () => notedAt !== undefined && clock.now() - notedAt < memoryMs,
    note() {
      notedAt = clock.now()
    },
    forget() {
      notedAt = undefined
    },
  }
}
