import type { ErrorCode } from '../error.ts'

/** What a text on the wire holds. What is left out, others know: see {@link Decoding}. */
export interface DecodedText {
  /** The body as it was sent: the upcasts and the schema of the definition come after it. */
  readonly body: unknown
  /**
   * The idempotency key, for a message whose definition has no `key`. 1 to 256 characters. Default: the id of the record,
   * which a producer that repeats its request does not repeat.
   */
  readonly key?: string | undefined
  /** The tenant, for a message whose definition has no `group`. Default: the message group of a queue. */
  readonly group?: string | undefined
  /** When the message was sent. Default: when the queue or the stream took it. */
  readonly time?: Date | undefined
  /** Which message it is. Default: that of the definition. With several definitions it is needed. */
  readonly name?: string | undefined
  /** The version of the body. Default: that of the definition. */
  readonly version?: number | undefined
  /** The trace that the message belongs to (W3C Trace Context). */
  readonly traceparent?: string | undefined
}

/** The text is of the decoding's kind, but is damaged: the record is parked. */
export interface Refusal {
  readonly kind: 'refused'
  readonly code: string
  readonly detail: string
}

/** The text is of another kind: another decoding may read it. */
export interface NotMine {
  readonly kind: 'not-mine'
  /** What was expected, for a sentence: `plain JSON`. */
  readonly expected: string
  /** What came, for a sentence, where the decoding knows it: `an SNS notification`. */
  readonly found?: string | undefined
}

/** The text asks for no effect: the record is done without a handler. */
export interface Acknowledgement {
  readonly kind: 'acknowledged'
}

/** What a decoding answers. */
export type DecodingResult = DecodedText | Refusal | NotMine | Acknowledgement

/**
 * How a text on the wire becomes a body, and what else it says of its message. An option of a source.
 *
 * It answers a {@link DecodedText}, `refuse(detail)`, `notMine(expected)` or `acknowledge()`, at once and the same each
 * time. What it throws parks nothing: the record is delivered again, and the log has the error.
 *
 * @param text the text of the record, a large body that lay elsewhere included
 * @param record what Lambda delivered: an `SQSRecord`, a `KinesisStreamRecord`
 */
export type Decoding<Raw = unknown> = (text: string, record: Raw) => DecodingResult

/**
 * The text can never be read: its record is parked, byte for byte as it came.
 *
 * @param detail one sentence for the human who opens the dead-letter queue: what was expected, and what came. It never
 * holds a part of the text.
 * @param code default `SPILLWAY_MESSAGE_UNREADABLE`
 */
export function refuse(detail: string, code = unreadable): Refusal {
  return Object.freeze({ kind: 'refused', code, detail })
}

const unreadable: string = 'SPILLWAY_MESSAGE_UNREADABLE' satisfies ErrorCode

/**
 * The text is of another kind. In `firstOf` the next decoding gets it; without a next one the record is parked.
 *
 * @param expected completes the sentence "Expected …"
 * @param found completes the sentence "The record holds …". Default: what is recognised
 */
export function notMine(expected: string, found?: string): NotMine {
  return Object.freeze({ kind: 'not-mine', expected, found })
}

const acknowledged: Acknowledgement = Object.freeze({ kind: 'acknowledged' })

/** The text asks for no effect, as a test event of S3 does: the record is done without a handler. */
export function acknowledge(): Acknowledgement {
  return acknowledged
}

/** Whether a decoding has read its text. */
export function isDecoded(result: DecodingResult): result is DecodedText {
  return !('kind' in result)
}
