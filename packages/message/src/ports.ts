import type { DecodingResult } from './decoding/decoding.ts'
import type { Message } from './message.ts'
import type { Outcome, ParkReason } from './outcome.ts'

/** A message that is ready to be sent. */
export interface EncodedMessage {
  readonly key: string
  readonly group?: string | undefined
  /** The envelope as JSON text. */
  readonly body: string
  /** The trace that the message belongs to (W3C Trace Context), for targets that carry attributes beside the body. */
  readonly traceparent?: string | undefined
  /** Seconds for which the target delays the message. */
  readonly delay?: number | undefined
  /** Attributes of the message, for filters and tools that do not read the body. */
  readonly attributes?: Readonly<Record<string, string>> | undefined
}

/** The result of sending one message. */
export type SendResult =
  | { readonly status: 'accepted' }
  | {
      readonly status: 'rejected'
      /** The code from the queue, or one of Spillway's. */
      readonly code: string
      readonly detail: string
      /** Whether the same message may be accepted later; `false` if the queue can never hold it. */
      readonly retryable: boolean
      /** The error, for the log. Never shown to a client. */
      readonly cause?: Error
    }

/** How long a call may take. */
export interface TimeLimit {
  /** Aborts when the caller no longer needs the result. */
  readonly signal: AbortSignal
  /** Milliseconds that remain. */
  remainingTime(): number
  /**
   * Whether to hold, that is, to wait and retry while something is down and time remains. `false` when only a part is
   * known to be down and messages to the other part wait behind this call: then a writer should not wait, but return
   * `retry({ unavailable: true })` immediately. A writer that calls other writers passes the limit on. Default: true.
   */
  readonly mayHold?: boolean
}

/**
 * The destination of ingest: a queue or a stream.
 *
 * `send` returns one result per message, in order, and never rejects: a message that was not confirmed is `rejected`,
 * whatever the reason.
 */
export interface Target {
  send(messages: readonly EncodedMessage[], limit: TimeLimit): Promise<readonly SendResult[]>
}

/**
 * The store of bodies that are too large for a queue (the claim check pattern).
 *
 * Keep objects for 30 days: each has to outlive all deliveries of its message, including a redrive from the dead-letter
 * queue.
 */
export interface ClaimStore {
  /** Stores a text. Resolves once it is durable, else rejects. Must be idempotent for the same key and text. */
  put(key: string, text: string, limit: TimeLimit): Promise<void>
  /**
   * The text under a key; `undefined` when there is none. Rejects when the store fails.
   *
   * @param bytes the size of the text that was stored. A larger object is another one and need not be read.
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
   * The id of the record for which it was decided: a message id of SQS, a sequence number of Kinesis. The copy has it
   * as an attribute; a redrive of the copy opens the key with it.
   */
  readonly recordId: string
  /**
   * Tells whether two messages with the same key have the same body: 64 hexadecimal digits. `undefined` for a record
   * whose body cannot be read.
   */
  readonly fingerprint?: string | undefined
  /** The id of the record that was parked, if this record is its redriven copy. */
  readonly redriveOf?: string | undefined
}

/** A stored decision. */
export interface ParkedEntry extends ParkDecision {
  /** Whether the dead-letter queue has confirmed the copy. */
  readonly copied: boolean
}

/**
 * Stores which messages were parked: the dead-letter queue cannot be searched for a message.
 *
 * A source commits the decision to park a record here before it sends the copy. So when the record is delivered again,
 * it is not written, and its copy is sent only once.
 */
export interface ParkedStore {
  /**
   * Commits a decision and resolves to the valid entry: that of an earlier decision if it applies to this record as
   * well, else that of this decision. Rejects when it is not durable.
   */
  put(decision: ParkDecision, limit: TimeLimit): Promise<ParkedEntry>
  /** Notes that the dead-letter queue has confirmed the copy of an entry. Rejects when it is not durable. */
  confirm(entry: ParkedEntry, limit: TimeLimit): Promise<void>
  /** The entries of messages by their keys; keys without an entry are left out. Rejects when the store fails. */
  findAll(name: string, keys: readonly string[], limit: TimeLimit): Promise<ReadonlyMap<string, ParkedEntry>>
  /** The entry of one message. Rejects when the store fails. */
  find(name: string, key: string, limit: TimeLimit): Promise<ParkedMessage | undefined>
}

/** The status of an accepted message. `accepted`: neither written nor parked yet. */
export type MessageStatus =
  | { readonly status: 'accepted' }
  | { readonly status: 'written' }
  | { readonly status: 'parked'; readonly reason: ParkReason; readonly at: Date }

/** Finds the status of a message in what the writer stored. */
export interface StatusSource {
  /** Rejects when it fails. */
  find(name: string, key: string, limit: TimeLimit): Promise<MessageStatus>
}

/** A record from Lambda, not yet decoded. */
export interface SourceRecord {
  /** The id from the queue or the stream, unique in its batch. */
  readonly id: string
  /** The text as it was sent. */
  readonly body: string
  /**
   * Fetches the text if `body` is only a claim. Rejects with `SPILLWAY_CLAIM_MISSING` when the text no longer exists,
   * and with any other error when a retry may succeed.
   */
  load?(limit: TimeLimit): Promise<string>
  /** Bytes of the text that `load` fetches. */
  readonly loadBytes?: number
  /** Records of one lane stay in order. On a standard queue each record has its own lane. */
  readonly lane: string
  /** How often the record was delivered, including this delivery. From 1. */
  readonly receiveCount: number
  /** The id of the record that was parked, if this one is its redriven copy. */
  readonly redriveOf?: string | undefined
  /**
   * Whether the record is too old to be retried: if it is at fault itself, `batch` parks it instead of retrying it.
   * Default: false.
   */
  readonly overdue?: boolean
  /** The record as Lambda delivered it, for a handler that needs more than the message. */
  readonly raw?: unknown
}

/** The identity of the message of a record, read without validating its body. */
export interface MessageIdentity {
  readonly name: string
  readonly key: string
  /** As in {@link ParkDecision}. Computed when it is called. */
  fingerprint(): string | undefined
  /** The id of the record that was parked, if the record is its redriven copy. */
  readonly redriveOf?: string | undefined
  /** The id of the record for which parking was decided, if it was another one. */
  readonly decidedFor?: string | undefined
}

/** A batch of records, and the operations on them beside success and failure. */
export interface RecordSource {
  readonly records: readonly SourceRecord[]
  /**
   * The most bytes of texts that are fetched and written at a time; the other texts follow. A larger text is processed
   * alone. Default: no limit.
   */
  readonly maximumLoadBytes?: number
  /**
   * Whether a record that is not done causes a redelivery of all records after it, whatever their outcomes, as in a
   * stream. Default: only the record itself is delivered again.
   */
  readonly checkpoint?: boolean
  /**
   * Decodes the text of a record, and adds what only the source knows: its time and its group. Default: an envelope of
   * Spillway.
   */
  decode?(record: SourceRecord, text: string): DecodingResult
  /**
   * Puts a copy of the record into the dead-letter queue, unless it is already there. Resolves once the copy is
   * confirmed, else rejects.
   *
   * @param identity the identity of the message; `undefined` if the record does not hold a message of the handler
   */
  park(record: SourceRecord, reason: ParkReason, limit: TimeLimit, identity?: MessageIdentity): Promise<void>
  /**
   * For records that may have been delivered before: the reasons of those that an earlier delivery decided to park.
   * They are not written; their copies are sent or confirmed. Rejects when it fails. Default: none is parked.
   */
  findParked?(
    records: readonly { readonly record: SourceRecord; readonly identity: MessageIdentity }[],
    limit: TimeLimit,
  ): Promise<ReadonlyMap<SourceRecord, ParkReason>>
  /** Delays the next delivery of each record by its number of seconds. Best effort: never rejects. */
  delay(
    records: readonly { readonly record: SourceRecord; readonly seconds: number }[],
    limit: TimeLimit,
  ): Promise<void>
}

/** A message with the facts of its delivery, for a writer. */
export interface MessageRecord<Body = unknown> extends Message<Body> {
  /** How often the record was delivered, including this delivery. From 1. */
  readonly receiveCount: number
  /** Records of one lane have to be written in order. */
  readonly lane: string
  /**
   * Tells whether two messages with the same key have the same body: SHA-256 over the canonical JSON (RFC 8785) of the
   * body, in 64 lower-case hexadecimal digits. Computed when it is called.
   *
   * It covers the body as it was sent, before upcasts and the schema, so a redelivery, a redrive or a deploy does not
   * change it. Absent from records that were not sent.
   */
  readonly fingerprint?: (() => string) | undefined
  /** The id of the record: a message id of SQS, a sequence number of Kinesis. Absent from records without a source. */
  readonly recordId?: string | undefined
  /** The id of the record that was parked, if this one is its redriven copy. */
  readonly redriveOf?: string | undefined
}

/**
 * Turns a batch of messages into effects. A batch never has two records of one lane, so the writer may write them in
 * any order.
 *
 * Returns one outcome per record, in order. If it throws or returns something else, each record without an outcome is
 * retried.
 */
export type Writer<Body = unknown> = (
  records: readonly MessageRecord<Body>[],
  limit: TimeLimit,
) => Promise<readonly Outcome[]>

/** Handles one record: makes the effect of its message, and returns the outcome. */
export type RecordHandler<Body = unknown> = (
  record: MessageRecord<Body>,
  limit: TimeLimit,
) => Outcome | Promise<Outcome>

/** A handler of one record at a time, made by `eachRecord` of `@spillway/batch`. */
export interface EachRecord<Body = unknown> {
  readonly kind: 'each-record'
  readonly handle: RecordHandler<Body>
  readonly concurrency: number
}

/** Whether a value was made by `eachRecord`. */
export function isEachRecord(value: unknown): value is EachRecord {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'each-record'
}
