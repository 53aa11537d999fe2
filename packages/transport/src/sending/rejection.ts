import type { SendResult } from '@spillway/message'
import { type ErrorCode, toError } from '@spillway/message'
import { isThrottled } from '@spillway/message/internal'

/** The result of a message that was not confirmed. */
export type Rejected = Extract<SendResult, { status: 'rejected' }>

/** The result of a message that is invalid. It is not retried. */
export function refuse(code: ErrorCode, detail: string): Rejected {
  return { status: 'rejected', code, detail, retryable: false }
}

/** The result of a message that may or may not be in its queue or stream. It is retried. */
export function notConfirmed(why: string): Rejected {
  return {
    status: 'rejected',
    code: 'SPILLWAY_SEND_FAILED',
    detail: `The message was not confirmed: ${why}.`,
    retryable: true,
  }
}

/** The result of a message that was not sent in time. */
export const noTimeLeft = notConfirmed('no time was left to send it')

/** An error of the SDK (`SdkError` of `@smithy/types`), or of Node's network. */
interface RequestError extends Error {
  readonly code?: unknown
  readonly $fault?: 'client' | 'server'
  readonly $retryable?: { readonly throttling?: boolean }
  readonly $metadata?: { readonly httpStatusCode?: number | undefined }
}

/** Transient faults of the client: expired credentials, a wrong clock, a slow request. */
const transient = new Set([
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
 * The result of each message of a failed request.
 *
 * Only a permanent fault of the client, such as a missing queue or permission, is not retried. All other errors are:
 * throttling, time-outs, expired credentials, a wrong clock, no answer, 5xx, an unreadable answer, missing credentials.
 */
export function toRejection(thrown: unknown): Rejected {
  const error: RequestError = toError(thrown)
  const { name } = error
  const tooLarge = readTooLarge(error.message)
  if (tooLarge !== undefined) return tooLarge
  // The name of a network error is `Error`; its code says what happened.
  const code = typeof error.code === 'string' && name === 'Error' ? error.code : name
  return {
    ...notConfirmed(code),
    code,
    retryable: !isPermanent(error),
    cause: mayQuote.test(name) ? toCause(name, error.message) : error,
  }
}

/** Names of errors whose text may quote the message. */
const mayQuote = /^(?:Invalid(?:MessageContents|Parameter|Attribute|Argument|Batch)|Validation)/

/** The parts of such texts that are known to have no payload. A quoted value is left out. */
const safeParts = [
  /^(?:.* )?(for parameter [\w.]+ is invalid\. Reason: .+)$/s,
  /^(?:.* )?(at '[\w.]+' failed to satisfy constraint: .+)$/s,
  /^((?:One or more parameters|The queue should|The request must|The request include|Unknown Attribute) .*)$/s,
  /^(Message \(user\) attribute '[\w.-]+' must contain .*)$/s,
]

/**
 * The answer of a service that refused a message, as an error for the log: its name, and its text without values. The text
 * of `InvalidMessageContents` quotes characters of the message and is left out.
 */
export function toCause(name: string, message: string | undefined): Error {
  const text = message ?? ''
  const safe = mayQuote.test(name) ? safeParts.map((pattern) => pattern.exec(text)?.[1]).find(Boolean) : text
  const cause = new Error(safe)
  cause.name = name
  return cause
}

/**
 * The result of a message that is too large for its queue, by the text of an error of SQS; `undefined` for another text. A
 * queue may have a lower limit than the 1 MiB of SQS.
 *
 * Source: answers of SQS to SendMessage and SendMessageBatch; there is no documented code for it.
 */
export function readTooLarge(message: string | undefined): Rejected | undefined {
  const [, limit] = /\bMessage must be shorter than (\d{1,9}) bytes/.exec(message ?? '') ?? []
  return limit === undefined
    ? undefined
    : refuse('SPILLWAY_BODY_TOO_LARGE', `The message is too large: the queue holds at most ${limit} bytes.`)
}

function isPermanent(error: RequestError): boolean {
  const { name, $fault, $retryable, $metadata } = error
  // The SDK marks unknown errors as faults of the client, 5xx as well, so the status is checked first.
  const status = $metadata?.httpStatusCode ?? 400
  if ($fault !== 'client' || status < 400 || status >= 500) return false
  return $retryable === undefined && status !== 408 && !isThrottled(error) && !transient.has(name)
}
