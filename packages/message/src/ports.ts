import type { DecodingResult } from './decoding/decoding.ts'
import type { Message } from './message.ts'
import type { Outcome, ParkReason } from './outcome.ts'

/** A message ready for the wire. */
export interface EncodedMessage {
  readonly key: string
  readonly group?: string | undefined
  /** The envelope as JSON text. */
  readonly body: string
  /** The trace that the message belongs to (W3C Trace Context), for targets that carry attributes beside the body. */
  readonly traceparent?: string | undefined
  /** Seconds for which the target keeps the message back. */
  readonly delay?: number | undefined
  /** Attributes beside the body, for filters and tools that do not read it. */
  readonly attributes?: Readonly<Record<string, string>> | undefined
}

/** The fate of one message that was sent. */
export type SendResult =
  | { readonly status: 'accepted' }
  | {
      readonly status: 'rejected'
      /** The code that the queue gave, or one of Spillway's. */
      readonly code: string
      readonly detail: string
      /** Whether the same message may be accepted later: `false` for one that the queue can never hold. */
      readonly retryable: boolean
      /** What was thrown, for the log. A client never sees it. */
      readonly cause?: Error
    }

/** How long a call may take. */
export interface TimeLimit {
  /** Aborts when the caller has no more use for the answer. */
  readonly signal: AbortSignal
  /** Milliseconds that remain. */
  remainingTime(): number
  /**
   * Whether it is worth waiting for what is down, and trying again, while time remains. `false` where it is known that
   * only a part is down, and that messages to the other part wait behind this call: a writer that waits by itself is to
   * answer `retry({ unavailable: true })` at once. A writer that calls others passes the limit on. Default: true.
   */
  readonly mayHold?: boolean
}

/**
 * Where ingest sends messages: a queue or a stream.
 *
 * `send` answers one result per message, in order, and never rejects: a message that was not confirmed is
 * `rejected`, whatever the reason.
 */
export interface Target {
  send(messages: readonly EncodedMessage[], limit: TimeLimit): Promise<readonly SendResult[]>
}

/**
 * Where bodies lie that are too large for a queue (the claim check pattern).
 *
 * An object has to outlive every delivery of its message, a redrive from the dead-letter queue included: 30 days.
 */
export interface ClaimStore {
  /** Stores a text. Resolves once it is durable, else rejects. Storing the same text under its key again is harmless. */
  put(key: string, text: string, limit: TimeLimit): Promise<void>
  /**
   * The text under a key; `undefined` when there is none. Rejects when the store cannot tell.
   *
   * @param bytes the size of the text that was stored. What is larger is another one, and need not be read.
   */
  get(key: string, limit: TimeLimit, bytes?: number): Promise<string | undefined>
}

/** A message that was parked. */
export interface ParkedMessage {
  readonly name: string
  readonly key: string
  readonly reason: ParkReason
  /** When it was parked. */
  readonly at: Date
}

/** The decision to park one record. */
export interface ParkDecision extends ParkedMessage {
  /**
   * The id of the record for which it was decided: a message id of SQS, a sequence number of Kinesis. The copy carries
   * it, and opens the key with it.
   */
  readonly recordId: string
  /**
   * Tells whether two messages with one key are the same: 64 hexadecimal digits. `undefined` for a record whose body
   * cannot be read.
   */
  readonly fingerprint?: string | undefined
  /** The id of the record whose copy came back from the dead-letter queue as this record. */
  readonly redriveOf?: string | undefined
}

/** A decision as a store keeps it. */
export interface ParkedEntry extends ParkDecision {
  /** Whether the dead-letter queue has confirmed the copy. */
  readonly copied: boolean
}

/**
 * Knows which messages were parked, beside the dead-letter queue, which cannot be asked for one message.
 *
 * A source commits the decision to park a record here before it sends the copy. So a record that is delivered again is
 * not written after all, and its copy is sent once.
 */
export interface ParkedStore {
  /**
   * Commits a decision and resolves to the entry that stands: another one when an earlier decision for the same message
   * stands (see `standsFor`), else that of this decision. Rejects when it is not durable.
   */
  put(decision: ParkDecision, limit: TimeLimit): Promise<ParkedEntry>
  /** Notes that the dead-letter queue has confirmed the copy of an entry. Rejects when it is not durable. */
  confirm(entry: ParkedEntry, limit: TimeLimit): Promise<void>
  /** The entries of messages by their keys; keys without one are left out. Rejects when the store cannot tell. */
  findAll(name: string, keys: readonly string[], limit: TimeLimit): Promise<ReadonlyMap<string, ParkedEntry>>
  /** The entry of one message. Rejects when the store cannot tell. */
  find(name: string, key: string, limit: TimeLimit): Promise<ParkedMessage | undefined>
}

/** Where an accepted message is. `accepted` is one that is neither written nor parked yet. */
export type MessageStatus =
  | { readonly status: 'accepted' }
  | { readonly status: 'written' }
  | { readonly status: 'parked'; readonly reason: ParkReason; readonly at: Date }

/** Tells where a message is, from what the write left behind. */
export interface StatusSource {
  /** Rejects when it cannot tell. */
  find(name: string, key: string, limit: TimeLimit): Promise<MessageStatus>
}

/** What Lambda delivered, not yet decoded. */
export interface SourceRecord {
  /** The queue's or the stream's own id, unique in its batch. */
  readonly id: string
  /** The text on the wire. */
  readonly body: string
  /**
   * Fetches the text where `body` is only a claim on it. Rejects with `SPILLWAY_CLAIM_MISSING` when it is gone for
   * good, and with anything else when another try may have it.
   */
  load?(limit: TimeLimit): Promise<string>
  /** Bytes of the text that `load` fetches. */
  readonly loadBytes?: number
  /** Records of one lane stay in order; on a standard queue every record has a lane of its own. */
  readonly lane: string
  /** How often the record was delivered, this time included. From 1. */
  readonly receiveCount: number
  /** The id of the record that was parked, where this one is its copy and came back from the dead-letter queue. */
  readonly redriveOf?: string | undefined
  /**
   * Whether the record is older than its source lets it be retried: `batch` then parks it where it would be delivered
   * again for a fault of its own. Default: false.
   */
  readonly overdue?: boolean
  /** What Lambda delivered, as it came: for a handler that needs more of it than its message. */
  readonly raw?: unknown
}

/** What a record says of its message, read without its body. */
export interface MessageIdentity {
  readonly name: string
  readonly key: string
  /** As in {@link ParkDecision}. Computed when it is called. */
  fingerprint(): string | undefined
  /** The id of the record that was parked, where the record is its copy. */
  readonly redriveOf?: string | undefined
  /** The id of the record for which it was decided to park, where that was another one. */
  readonly decidedFor?: string | undefined
}

/** A batch of records, and what can be done with one beside success and failure. */
export interface RecordSource {
  readonly records: readonly SourceRecord[]
  /**
   * Bytes of the texts that are fetched and written at a time; the others have their turn after them. A text that is
   * larger goes by itself. Default: no limit.
   */
  readonly maximumLoadBytes?: number
  /**
   * Whether a record that is not done brings back all that come after it, as a stream does, whatever became of them.
   * Default: it brings back itself alone.
   */
  readonly checkpoint?: boolean
  /**
   * What the text of a record holds, and what the source knows of it beside the text: its time and its group. Default: an
   * envelope of Spillway.
   */
  decode?(record: SourceRecord, text: string): DecodingResult
  /**
   * Puts a copy of the record into the dead-letter queue, unless it is there already. Resolves once the copy is confirmed,
   * else rejects.
   *
   * @param identity whose message it is; `undefined` for a record that holds no message of the handler's
   */
  park(record: SourceRecord, reason: ParkReason, limit: TimeLimit, identity?: MessageIdentity): Promise<void>
  /**
   * For records that may have been delivered before: the reasons of those that a decision of an earlier delivery parks.
   * They have no effect any more: their copies are sent or confirmed. Rejects when it cannot tell. Default: none is parked.
   */
  findParked?(
    records: readonly { readonly record: SourceRecord; readonly identity: MessageIdentity }[],
    limit: TimeLimit,
  ): Promise<ReadonlyMap<SourceRecord, ParkReason>>
  /** Asks for the next delivery of each record after its number of seconds. Best effort: never rejects. */
  delay(
    records: readonly { readonly record: SourceRecord; readonly seconds: number }[],
    limit: TimeLimit,
  ): Promise<void>
}

/** A message and the facts of its delivery: what a writer gets. */
export interface MessageRecord<Body = unknown> extends Message<Body> {
  /** How often the record was delivered, this time included. From 1. */
  readonly receiveCount: number
  /** Records of one lane have to be written in order. */
  readonly lane: string
  /**
   * Tells whether two messages with one key are the same: SHA-256 over the canonical JSON (RFC 8785) of the body, in 64
   * lower-case hexadecimal digits. Computed when it is called.
   *
   * It is made of the body as it was sent, before upcasts and the schema: a redelivery, a redrive and a deploy leave it
   * as it is. Absent from records that came over no wire.
   */
  readonly fingerprint?: (() => string) | undefined
  /** The id of the record: a message id of SQS, a sequence number of Kinesis. Absent from records of no source. */
  readonly recordId?: string | undefined
  /** The id of the record that was parked, where this one is its copy and came back from the dead-letter queue. */
  readonly redriveOf?: string | undefined
}

/**
 * Turns a batch of messages into effects. `batch` gives it no two records of one lane at a time, so that it may write
 * them in any order.
 *
 * Answers one outcome per record, in order. Whatever else it answers or throws counts as `retry` for each record
 * that it leaves without an outcome.
 */
export type Writer<Body = unknown> = (
  records: readonly MessageRecord<Body>[],
  limit: TimeLimit,
) => Promise<readonly Outcome[]>

/** What becomes of one record: the effect of a message, and its outcome. */
export type RecordHandler<Body = unknown> = (
  record: MessageRecord<Body>,
  limit: TimeLimit,
) => Outcome | Promise<Outcome>

/** A handler for one record at a time, as `batch` takes it: what `eachRecord` of `@spillway/batch` makes. */
export interface EachRecord<Body = unknown> {
  readonly kind: 'each-record'
  readonly handle: RecordHandler<Body>
  readonly concurrency: number
}

/** Whether a value is what `eachRecord` makes. */
export function isEachRecord(value: unknown): value is EachRecord {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'each-record'
}
