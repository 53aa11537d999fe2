import { type Outcome, retry } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'

/** What comes after a statement that failed for what may be no row's fault. */
export type Search =
  /** Split its rows: those at fault may be few. */
  | 'split'
  /** The last batch was refused as a whole: try one row, which tells whether the database still refuses all. */
  | 'sample'
  /** It does. */
  | 'stop'

/**
 * What one batch knows of its database. A failure that is no record's fault is an outage where it hits all of the batch;
 * where the database wrote a record, or refused one for its values, it is there, and only the others have to come again.
 */
export interface Health {
  /** Whether the database wrote a record of the batch, or refused one for its values. */
  readonly isProven: boolean
  /** The database wrote a record, or refused one for its values. */
  prove(): void
  /** A statement failed for what may be no row's fault. */
  search(): Search
  /** The outcome of a record that nobody is to blame for. It is to be asked for once the whole batch was tried. */
  blameless(cause: unknown): Outcome
  /** The batch ended: what the search for rows at fault showed is remembered. */
  end(): void
}

/**
 * What a batch knows of its database at its start: nothing, or that the batch before was refused as a whole.
 *
 * @param memory that of the environment. Default: none
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
    blameless: (cause) => retry(isProven ? { cause } : { cause, unavailable: true }),
    end() {
      // A single failure is that of a row which is alone: it was not searched for.
      if (!isProven && !wasDown && failures > 1) memory?.note()
    },
  }
}

/**
 * Remembers, for one environment, that the database refused a whole batch for what is no row's fault. While it is held for,
 * the same records are tried again and again: they are not searched for rows at fault each time.
 */
export interface OutageMemory {
  /** Whether a batch was searched in vain a short time ago, and nothing was written since. */
  isDown(): boolean
  /** All rows of a batch were refused. */
  note(): void
  /** The database wrote a row, or refused one for its values. */
  forget(): void
}

/**
 * Milliseconds after which a batch is searched again. The one row that is tried meanwhile may be refused by chance: the
 * search finds the rows that pass.
 */
const memoryMs = 60_000

/** A memory that knows of no outage. */
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
