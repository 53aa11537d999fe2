import { type Outcome, retry } from '@spillway/message'

/**
 * What one batch knows of its database. A failure that is no record's fault is an outage where it hits all of the batch;
 * where the database wrote a record, or refused one for its values, it is there, and only the others have to come again.
 */
export interface Health {
  /** Whether the database wrote a record of the batch, or refused one for its values. */
  readonly isProven: boolean
  /** The database wrote a record, or refused one for its values. */
  prove(): void
  /** The outcome of a record that nobody is to blame for. It is to be asked for once the whole batch was tried. */
  blameless(cause: unknown): Outcome
}

/** What a batch knows of its database at its start: nothing. */
export function createHealth(): Health {
  let isProven = false
  return {
    get isProven() {
      return isProven
    },
    prove() {
      isProven = true
    },
    blameless: (cause) => retry(isProven ? { cause } : { cause, unavailable: true }),
  }
}
