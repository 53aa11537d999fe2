import { type EncodedMessage, type SendResult, type Target, toError } from '@spillway/message'
import type { Deadline } from '@spillway/transport'

/** Milliseconds of a request that are kept for its answer, in case a target exceeds its limit. */
export const guardMs = 100

/** The answer of a target. */
export interface Sent {
  /** One result per message, in order; `undefined` where the target gave none. */
  readonly results: readonly (SendResult | undefined)[]
  /** Why the first unconfirmed message was not confirmed; `undefined` when there was no message. */
  readonly cause: Error | undefined
}

/**
 * Sends messages. A target should neither reject nor exceed its limit. If it does, its messages count as not confirmed.
 *
 * @param deadline the deadline of the request, {@link guardMs} before its end. This function ends it
 */
export async function send(
  to: Target,
  messages: readonly EncodedMessage[],
  deadline: Deadline,
): Promise<Sent> {
  if (messages.length === 0) return { results: [], cause: undefined }
  try {
    const results = await deadline.race(Promise.resolve(to.send(messages, deadline)))
    if (!Array.isArray(results)) {
      throw new Error(`the target ${deadline.expired ? 'did not answer in time' : 'gave no list of results'}`)
    }
    return {
      results,
      // Lazy: the stack of an error costs more than the rest of this function.
      get cause() {
        return causeOf(results, messages)
      },
    }
  } catch (thrown) {
    return { results: [], cause: toError(thrown) }
  } finally {
    deadline.end()
  }
}

function causeOf(results: Sent['results'], messages: readonly EncodedMessage[]): Error {
  const lost = messages.map((_, place) => results[place]).find(isLost) ?? results[0]
  if (lost?.status !== 'rejected') return new Error('the target gave no result')
  const { detail, cause } = lost
  return cause === undefined ? new Error(detail) : new Error(detail, { cause })
}

/** Whether a message failed for a reason other than its size. */
function isLost(result: SendResult | undefined): boolean {
  return result?.status !== 'accepted' && result?.code !== 'SPILLWAY_BODY_TOO_LARGE'
}
