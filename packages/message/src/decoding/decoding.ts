import type { ErrorCode } from '../error.ts'

/** What was decoded from a text. Each absent field has the default that it names. */
export interface DecodedText {
  /** The body as it was sent, before the upcasts and the schema of the definition. */
  readonly body: unknown
  /**
   * The idempotency key, for a message whose definition has no `key`. 1 to 256 characters. Default: the id of the
   * record. When a producer repeats its request, the second record has another id.
   */
  readonly key?: string | undefined
  /** The tenant, for a message whose definition has no `group`. Default: the message group of a queue. */
  readonly group?: string | undefined
  /** When the message was sent. Default: when the queue or the stream took it. */
  readonly time?: Date | undefined
  /** The name of the message. Default: that of the definition. Required with several definitions. */
  readonly name?: string | undefined
  /** The version of the body. Default: that of the definition. */
  readonly version?: number | undefined
  /** The trace that the message belongs to (W3C Trace Context). */
  readonly traceparent?: string | undefined
}

/** The text has the kind of this decoding, but is damaged: the record is parked. */
export interface Refusal {
  readonly kind: 'refused'
  readonly code: string
  readonly detail: string
}

/** The text has another kind: another decoding may read it. */
export interface NotMine {
  readonly kind: 'not-mine'
  /** What was expected, as part of a sentence: `plain JSON`. */
  readonly expected: string
  /** What was found, as part of a sentence, if the decoding knows it: `an SNS notification`. */
  readonly found?: string | undefined
}

/** The text needs no effect: the record is done without the handler. */
export interface Acknowledgement {
  readonly kind: 'acknowledged'
}

/** The result of a decoding. */
export type DecodingResult = DecodedText | Refusal | NotMine | Acknowledgement

/**
 * Turns the text of a record into a body and other facts of its message. An option of a source.
 *
 * Returns a {@link DecodedText}, `refuse(detail)`, `notMine(expected)` or `acknowledge()`. Has to be synchronous and
 * deterministic. When it throws, the record is not parked but delivered again, and the error is logged.
 *
 * @param text the text of the record, or the text that its claim stands for
 * @param record the record from Lambda: an `SQSRecord`, a `KinesisStreamRecord`
 */
export type Decoding<Raw = unknown> = (text: string, record: Raw) => DecodingResult

/**
 * The text can never be read: its record is parked unchanged, byte for byte.
 *
 * @param detail one sentence for the operator who reads the dead-letter queue: what was expected, and what was found.
 * Never a part of the text
 * @param code default `SPILLWAY_MESSAGE_UNREADABLE`
 */
export function refuse(detail: string, code = unreadable): Refusal {
  return Object.freeze({ kind: 'refused', code, detail })
}

const unreadable: string = 'SPILLWAY_MESSAGE_UNREADABLE' satisfies ErrorCode

/**
 * The text has another kind. `firstOf` tries the next decoding; without one the record is parked.
 *
 * @param expected completes the sentence "Expected …"
 * @param found completes the sentence "The record holds …". Default: the recognised kind
 */
export function notMine(expected: string, found?: string): NotMine {
  return Object.freeze({ kind: 'not-mine', expected, found })
}

const acknowledged: Acknowledgement = Object.freeze({ kind: 'acknowledged' })

/** The text needs no effect, like a test event of S3: the record is done without the handler. */
export function acknowledge(): Acknowledgement {
  return acknowledged
}

/** Whether a decoding could read its text. */
export function isDecoded(result: DecodingResult): result is DecodedText {
  return !('kind' in result)
}
