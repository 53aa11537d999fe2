import type { Message } from './message.ts'
import type { Outcome, ParkReason } from './outcome.ts'

/** A message ready for the wire. */
export interface EncodedMessage {
  readonly key: string
  readonly group?: string | undefined
  /** The envelope as JSON text. */
  readonly body: string
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
    }

/** How long a call may take. */
export interface TimeLimit {
  /** Aborts when the caller has no more use for the answer. */
  readonly signal: AbortSignal
  /** Milliseconds that remain. */
  remainingTime(): number
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

/** What Lambda delivered, not yet decoded. */
export interface SourceRecord {
  /** The queue's or the stream's own id, unique in its batch. */
  readonly id: string
  /** The text on the wire. */
  readonly body: string
  /** Records of one lane stay in order; on a standard queue every record has a lane of its own. */
  readonly lane: string
  /** How often the record was delivered, this time included. From 1. */
  readonly receiveCount: number
}

/** A batch of records, and what can be done with one beside success and failure. */
export interface RecordSource {
  readonly records: readonly SourceRecord[]
  /** Puts a copy of the record into the dead-letter queue. Resolves once the copy is confirmed, else rejects. */
  park(record: SourceRecord, reason: ParkReason, limit: TimeLimit): Promise<void>
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
}

/**
 * Turns a batch of messages into effects.
 *
 * Answers one outcome per record, in order. Whatever else it answers or throws counts as `retry` for each record
 * that it leaves without an outcome.
 */
export type Writer<Body = unknown> = (
  records: readonly MessageRecord<Body>[],
  limit: TimeLimit,
) => Promise<readonly Outcome[]>
