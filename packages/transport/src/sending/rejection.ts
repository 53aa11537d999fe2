import type { SendResult } from '@spillway/message'
import { type ErrorCode, toError } from '@spillway/message'
import { isThrottled } from '@spillway/message/internal'

/** The result of a message that was not confirmed. */
export type Rejected = Extract<SendResult, { status: 'rejected' }>

/** A message that no repetition makes acceptable. */
export function refuse(code: ErrorCode, detail: string): Rejected {
  return { status: 'rejected', code, detail, retryable: false }
}

/** A message of which nobody knows whether its queue or stream has it. */
export function notConfirmed(why: string): Rejected {
  return {
    status: 'rejected',
    code: 'SPILLWAY_SEND_FAILED',
    detail: `The message was not confirmed: ${why}.`,
    retryable: true,
  }
}

/** The result of a message whose caller had no time left for it. */
export const noTimeLeft = notConfirmed('no time was left to send it')

/** What is known of an error of the SDK (`SdkError` of `@smithy/types`), or of Node's network. */
interface RequestError extends Error {
  readonly code?: unknown
  readonly $fault?: 'client' | 'server'
  readonly $retryable?: { readonly throttling?: boolean }
  readonly $metadata?: { readonly httpStatusCode?: number | undefined }
}

/** Faults of the client that pass: its credentials or its clock are renewed, or the request was too slow. */
const passing = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidSignatureException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'RequestTimeout',
  'RequestTimeoutException',
  'SignatureDoesNotMatch',
])

/**
 * What a failed request means for each of its messages.
 *
 * Permanent is only what the service itself calls a fault of the client (a missing queue or stream, a missing permission) and
 * what does not pass: throttling, time-outs, expired credentials and a wrong clock do. All else (no answer, 5xx, an
 * answer that cannot be read, no credentials yet) may be different the next time.
 */
export function toRejection(thrown: unknown): Rejected {
  const error: RequestError = toError(thrown)
  const { name } = error
  const tooLarge = readTooLarge(error.message)
  if (tooLarge !== undefined) return tooLarge
  // An error of the network has its meaning in `code`: its name is mostly `Error`.
  const code = typeof error.code === 'string' && name === 'Error' ? error.code : name
  return {
    ...notConfirmed(code),
    code,
    retryable: !isPermanent(error),
    cause: quotes.test(name) ? toCause(name, error.message) : error,
  }
}

/** The errors that may quote what they refuse. */
const quotes = /^(?:Invalid(?:MessageContents|Parameter|Attribute|Argument|Batch)|Validation)/

/** What is known to tell nothing of a payload, in errors that may. The value is left out. */
const told = [
  /^(?:.* )?(for parameter [\w.]+ is invalid\. Reason: .+)$/s,
  /^(?:.* )?(at '[\w.]+' failed to satisfy constraint: .+)$/s,
  /^((?:One or more parameters|The queue should|The request must|The request include|Unknown Attribute) .*)$/s,
  /^(Message \(user\) attribute '[\w.-]+' must contain .*)$/s,
]

/**
 * What a service says of a message that it refused, as an error for the log: its name, and its text without a value.
 * Texts of the contents of a message (`InvalidMessageContents`) quote characters of it, and stay out.
 */
export function toCause(name: string, message: string | undefined): Error {
  const text = message ?? ''
  const [, safe = ''] = quotes.test(name)
    ? (told.map((pattern) => pattern.exec(text)).find((found) => found !== null) ?? [])
    : [text, text]
  const cause = new Error(safe)
  cause.name = name
  return cause
}

/**
 * The result of a message that is larger than its queue takes; `undefined` for another text of SQS. A queue may have a
 * lower limit than the 1 MiB of SQS.
 *
 * Source: answers of SQS to SendMessage and SendMessageBatch; its documentation names no code of its own for it.
 */
export function readTooLarge(message: string | undefined): Rejected | undefined {
  const [, limit] = /\bMessage must be shorter than (\d{1,9}) bytes/.exec(message ?? '') ?? []
  return limit === undefined
    ? undefined
    : refuse('SPILLWAY_BODY_TOO_LARGE', `The message is too large: the queue holds at most ${limit} bytes.`)
}

function isPermanent(error: RequestError): boolean {
  const { name, $fault, $retryable, $metadata } = error
  // The SDK calls each error that it does not know a fault of the client, 5xx included: the status goes first.
  const status = $metadata?.httpStatusCode ?? 400
  if ($fault !== 'client' || status < 400 || status >= 500) return false
  return $retryable === undefined && status !== 408 && !isThrottled(error) && !passing.has(name)
}
