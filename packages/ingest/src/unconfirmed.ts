import type { ErrorCode, SendResult } from '@spillway/message'

/** Seconds that a client should wait when the queue did not confirm its message. */
const soon = 1

/** Seconds for what somebody has to mend first, a missing permission for example. */
const later = 60

/** What a client is told of a message that was not confirmed. `undefined` is a target that gave no result. */
export function toClientError(result: SendResult | undefined): {
  readonly status: 413 | 422 | 503
  readonly code: ErrorCode
  readonly detail: string
} {
  const { code = '', detail = '' } = result?.status === 'rejected' ? result : {}
  // These two are of the client's body, and the target says what is wrong with it.
  if (code === 'SPILLWAY_BODY_TOO_LARGE') return { status: 413, code, detail }
  if (code === 'SPILLWAY_TEXT_UNSTORABLE') return { status: 422, code, detail }
  return {
    status: 503,
    code: code === 'SPILLWAY_CLAIM_FAILED' ? code : 'SPILLWAY_SEND_FAILED',
    detail: 'The message was not accepted. Try again with the same key.',
  }
}

/** Seconds after which another try may help. */
export function retryAfterOf(result: SendResult | undefined): number {
  return result?.status === 'rejected' && !result.retryable ? later : soon
}

/** Seconds after which another try may help one of some messages. */
export function shortestWait(results: readonly (SendResult | undefined)[]): number {
  const lost = results.filter(
    (result) => toClientError(result).status === 503 && result?.status !== 'accepted',
  )
  return lost.some((result) => retryAfterOf(result) === soon) ? soon : later
}
