import { type EncodedMessage, type SendResult, type Target, toError } from '@spillway/message'
import type { Deadline } from '@spillway/transport'

/** Milliseconds of a request that are kept for its answer, should a target not heed its limit. */
export const guardMs = 100

/** What a target answered. */
export interface Sent {
  /** By the place of the message; `undefined` for one of which the target says nothing. */
  readonly results: readonly (SendResult | undefined)[]
  /** Why the first message was not confirmed that was not; `undefined` where there was none to send. */
  readonly cause: Error | undefined
}

/**
 * Sends messages. A target should neither reject nor take longer than its limit; what one does that does so all the
 * same is not confirmed.
 *
 * @param deadline that of the request, without {@link guardMs}. It is ended
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
      // An error has a stack, which costs more than the rest of this.
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

/** Whether the queue is to blame, not the message. */
function isLost(result: SendResult | undefined): boolean {
  return result?.status !== 'accepted' && result?.code !== 'SPILLWAY_BODY_TOO_LARGE'
}
