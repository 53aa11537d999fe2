import { type ParkReason, SpillwayError } from '@spillway/message'
import type { Kysely } from 'kysely'

/** The default name of the inbox's table. */
export const defaultInboxTable = 'spillway_inbox'

/** The table of the inbox, for a `Database` interface. {@link kyselyStatus} can read keys from it. */
export interface InboxTable {
  /** The consumer of the message: by default the name of the message. */
  consumer: string
  /** The key of the message. */
  key: string
  /** SHA-256 of its body; `null` if it is not compared. */
  fingerprint: Uint8Array | null
  /** The time at which the entry was written. */
  at: Date
  /** The reason for which the message is parked, as JSON; `null` if its effect is committed. */
  parked: string | null
  /** The id of the record that was parked. */
  parked_record: string | null
}

/** A message in the inbox. */
export interface InboxEntry {
  readonly key: string
  /** In hexadecimal; `null` matches any. */
  readonly fingerprint: string | null
  /** For the redriven copy of a parked record, the id of that record. The copy resets the key. */
  readonly redriveOf?: string | undefined
  /** Set for a message that is parked instead of done. */
  readonly parked?: ParkedFacts | undefined
}

/** The parking of a message. */
export interface ParkedFacts {
  readonly reason: ParkReason
  readonly recordId?: string | undefined
}

/** The entry of a key that is in the table. */
export interface KnownKey {
  readonly fingerprint: string | null
  /** `undefined` if the effect of the message is committed. */
  readonly parked: ParkedFacts | undefined
}

/** The keys that were already in the table. */
export type KnownKeys = ReadonlyMap<string, KnownKey>

/** The keys that one transaction claimed. */
export interface InboxClaim {
  readonly known: KnownKeys
  /**
   * Whether the entry of a new key still exists. It does not if the database ended the transaction, and the function
   * that runs in it swallowed the error.
   */
  holds(key: string): Promise<boolean>
}

/** The table of keys whose effects are committed, or whose messages are parked. */
export interface Inbox {
  /** The name of the table. */
  readonly name: string
  /** The form in which the table stores a key or a consumer. */
  storedText(text: string): string
  /**
   * Inserts entries, and returns the keys that already existed. The key of a parked message is reset first if its copy
   * was redriven; a rollback undoes that. If another transaction is inserting the same key, this one waits: the key is
   * known if the other commits, and claimed by this one if it rolls back.
   *
   * @param db a transaction, without plugins
   * @param entries one for each key, sorted by key, so that concurrent transactions lock in the same order
   * @param left milliseconds until the deadline
   */
  claim(
    db: Kysely<never>,
    consumer: string,
    entries: readonly InboxEntry[],
    left: () => number,
  ): Promise<InboxClaim>
}

/** The error for an entry of the inbox that `sweepInbox` deleted between two statements. */
export function entryVanished(table: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_WRITE_FAILED',
    `An entry of the inbox "${table}" was deleted by a sweep while its message was written; the records are delivered again.`,
  )
}
