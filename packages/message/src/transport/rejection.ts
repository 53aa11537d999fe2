import { type ErrorCode, toError } from '../error.ts'
import type { SendResult } from '../ports.ts'

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
export const outOfTime = notConfirmed('no time was left to send it')

/** What is known of an error of the SDK (`SdkError` of `@smithy/types`), or of Node's network. */
interface RequestError extends Error {
  readonly code?: unknown
  readonly $fault?: 'client' | 'server'
  readonly $retryable?: { readonly throttling?: boolean }
  readonly $metadata?: { readonly httpStatusCode?: number | undefined }
}

/**
 * "Error retries" of the AWS SDKs and Tools Reference Guide; KmsThrottled of the Amazon SQS API Reference;
 * KMSThrottlingException of the Kinesis Data Streams API Reference.
 */
const throttles = new Set([
  'KMSThrottlingException',
  'KmsThrottled',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
])

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

/** Whether the code of an entry or of an error says that the queue or the stream is asked too often. */
export function isThrottle(code: string | undefined): boolean {
  return code !== undefined && throttles.has(code)
}

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
  // An error of the network has its meaning in `code`: its name is mostly `Error`.
  const code = typeof error.code === 'string' && name === 'Error' ? error.code : name
  return {
    status: 'rejected',
    code,
    detail: `The message was not confirmed: ${code}.`,
    retryable: !isPermanent(error),
    // For the log, which gets no payload: these may quote what they refuse.
    ...(!/^(?:Invalid|Validation)/.test(name) && { cause: error }),
  }
}

/** Whether a request failed because the queue or the stream, or the key that encrypts it, is asked too often. */
export function isThrottled(thrown: unknown): boolean {
  const { name, $retryable, $metadata }: RequestError = toError(thrown)
  return isThrottle(name) || $retryable?.throttling === true || $metadata?.httpStatusCode === 429
}

function isPermanent(error: RequestError): boolean {
  const { name, $fault, $retryable, $metadata } = error
  // The SDK calls each error that it does not know a fault of the client, 5xx included: the status goes first.
  const status = $metadata?.httpStatusCode ?? 400
  if ($fault !== 'client' || status < 400 || status >= 500) return false
  return $retryable === undefined && status !== 408 && !isThrottled(error) && !passing.has(name)
}
