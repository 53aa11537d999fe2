import { type ParkReason, SpillwayError } from '@spillway/message'
import type { Kysely } from 'kysely'

/** The name of the inbox's table, unless another is given. */
export const defaultInboxTable = 'spillway_inbox'

/** The table of the inbox, for a `Database` interface: {@link kyselyStatus} can look for keys in it. */
export interface InboxTable {
  /** Who consumed the message: by default the name of the message. */
  consumer: string
  /** The key of the message. */
  key: string
  /** SHA-256 of its body; `null` where none is compared. */
  fingerprint: Uint8Array | null
  /** When it was written. */
  at: Date
  /** Why the message is parked, as JSON; `null` where its effect is committed. */
  parked: string | null
  /** The id of the record that was parked. */
  parked_record: string | null
}

/** A message as the inbox knows it. */
export interface InboxEntry {
  readonly key: string
  /** In hexadecimal digits; `null` matches any. */
  readonly fingerprint: string | null
  /** The id of the record that was parked, for its copy that a redrive put back: it opens the key again. */
  readonly redriveOf?: string | undefined
  /** For a message that is parked rather than done. */
  readonly parked?: ParkedFacts | undefined
}

/** How a message was parked. */
export interface ParkedFacts {
  readonly reason: ParkReason
  readonly recordId?: string | undefined
}

/** What is known of a key that is in the table already. */
export interface KnownKey {
  readonly fingerprint: string | null
  /** `undefined` where the effect of the message is committed. */
  readonly parked: ParkedFacts | undefined
}

/** The keys that are in the table already. */
export type KnownKeys = ReadonlyMap<string, KnownKey>

/** A part of the inbox that one transaction claimed. */
export interface InboxClaim {
  readonly known: KnownKeys
  /**
   * Whether the entry of a key that was new is still there. It is not when the database ended the transaction behind
   * the back of the code that runs in it, which swallowed the error.
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
   * Inserts entries and tells which keys were there before. Of a parked message the key is opened first where its copy was
   * redriven; that is undone with the transaction. A key that another transaction is inserting is waited for:
   * once that one commits it is known, and once it rolls back it is ours.
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
