import type { Clock } from '@spillway/message/internal'

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
