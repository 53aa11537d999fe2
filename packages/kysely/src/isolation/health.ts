import { type Outcome, retry } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'

/** What follows a statement that failed with an error that may be no row's fault. */
export type Search =
  /** Split its rows: only a few may be at fault. */
  | 'split'
  /** The last batch was refused as a whole: try one row, to see whether the database still refuses all. */
  | 'sample'
  /** It does. */
  | 'stop'

/**
 * What one batch knows about its database. A failure that is no record's fault is an outage if it hits the whole
 * batch. If the database wrote a record, or refused one for its values, it is up, and only the other records have to
 * be delivered again.
 */
export interface Health {
  /** Whether the database wrote a record of the batch, or refused one for its values. */
  readonly isProven: boolean
  /** The database wrote a record, or refused one for its values. */
  prove(): void
  /** A statement failed for what may be no row's fault. */
  search(): Search
  /** The outcome of a record that is not at fault. Call it when the whole batch was tried. */
  notAtFault(cause: unknown): Outcome
  /** The batch ended: the result of the search for rows at fault is remembered. */
  end(): void
}

/**
 * The health at the start of a batch: not known, or the previous batch was refused as a whole.
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
      // A single failure belongs to the only row: no search took place.
      if (!isProven && !wasDown && failures > 1) memory?.note()
    },
  }
}

/**
 * Remembers, for one environment, that the database refused a whole batch with errors that are no row's fault. While
 * `batch` waits for the database, the same records are tried again and again: they are not searched each time.
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
 * Milliseconds after which a batch is searched again. The single row that is tried in between may be one that is at
 * fault: the search finds the rows that pass.
 */
const memoryMs = 60_000

/** A memory without an outage. */
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
