import { type ParkReason, SpillwayError } from '@spillway/message'
import type { Kysely } from 'kysely'

/** The name of the inbox's table, unless another is given. */
export const defaultInboxTable = 'spillway_inbox'

/** The table of the inbox, for a `Database` interface: {@link kyselyStatus} can read keys from it. */
export interface InboxTable {
  /** Who consumed the message: by default the name of the message. */
  consumer: string
  /** The key of the message. */
  key: string
  /** SHA-256 of its body; `null` if it is not compared. */
  fingerprint: Uint8Array | null
  /** When the entry was written. */
  at: Date
  /** Why the message is parked, as JSON; `null` where its effect is committed. */
  parked: string | null
  /** The id of the record that was parked. */
  parked_record: string | null
}

/** A message as the inbox knows it. */
export interface InboxEntry {
  readonly key: string
  /** In hexadecimal; `null` matches any. */
  readonly fingerprint: string | null
  /** For the redriven copy of a parked record, the id of that record: it resets the key. */
  readonly redriveOf?: string | undefined
  /** Set for a message that is parked rather than done. */
  readonly parked?: ParkedFacts | undefined
}

/** How a message was parked. */
export interface ParkedFacts {
  readonly reason: ParkReason
  readonly recordId?: string | undefined
}

/** What the table says about a key that it has. */
export interface KnownKey {
  readonly fingerprint: string | null
  /** `undefined` if the effect of the message is committed. */
  readonly parked: ParkedFacts | undefined
}

/** The keys that were in the table before. */
export type KnownKeys = ReadonlyMap<string, KnownKey>

/** The keys that one transaction claimed. */
export interface InboxClaim {
  readonly known: KnownKeys
  /**
   * Whether the entry of a new key is still there. It is not when the database ended the transaction and the code that
   * runs in it swallowed the error.
   */
  holds(key: string): Promise<boolean>
}

/** The table of keys whose effects are committed, or whose messages are parked. */
export interface Inbox {
  /** The name of the table. */
  readonly name: string
  /** A key or a consumer as the table holds it. */
  storedText(text: string): string
  /**
   * Inserts entries and returns which keys were there before. The key of a parked message is reset first if its copy
   * was redriven; a rollback undoes that. If another transaction is inserting the same key, this one waits: the key is
   * known if the other commits, and ours if it rolls back.
   *
   * @param db a transaction, without plugins
   * @param entries one for each key, sorted by key: transactions that meet lock in the same order
   * @param left milliseconds until the deadline
   */
  claim(
    db: Kysely<never>,
    consumer: string,
    entries: readonly InboxEntry[],
    left: () => number,
  ): Promise<InboxClaim>
}

/** The error for an entry of the inbox that a sweep deleted between two statements. */
export function entryVanished(table: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_WRITE_FAILED',
    `An entry of the inbox "${table}" was swept while its message came again; the records are delivered again.`,
  )
}
