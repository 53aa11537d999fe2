import type { ErrorCode, SendResult } from '@spillway/message'

/** `Retry-After` when the queue did not confirm a message. Seconds. */
const soon = 1

/** `Retry-After` when an operator has to act first, for example to add a permission. Seconds. */
const later = 60

/** The answer to the client for a message that was not confirmed. `undefined`: the target gave no result. */
export function toClientError(result: SendResult | undefined): {
  readonly status: 413 | 422 | 503
  readonly code: ErrorCode
  readonly detail: string
} {
  const { code = '', detail = '' } = result?.status === 'rejected' ? result : {}
  // Both are faults of the body, and the target says what is wrong.
  if (code === 'SPILLWAY_BODY_TOO_LARGE') return { status: 413, code, detail }
  if (code === 'SPILLWAY_TEXT_UNSTORABLE') return { status: 422, code, detail }
  return {
    status: 503,
    code: code === 'SPILLWAY_CLAIM_FAILED' ? code : 'SPILLWAY_SEND_FAILED',
    detail: 'The message was not accepted. Try again with the same key.',
  }
}

/** Seconds after which a retry may help. */
export function retryAfterOf(result: SendResult | undefined): number {
  return result?.status === 'rejected' && !result.retryable ? later : soon
}

/** Seconds after which a retry may help at least one of the messages. */
export function shortestWait(results: readonly (SendResult | undefined)[]): number {
  const lost = results.filter(
    (result) => toClientError(result).status === 503 && result?.status !== 'accepted',
  )
  return lost.some((result) => retryAfterOf(result) === soon) ? soon : later
}
