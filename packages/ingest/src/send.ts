import { type EncodedMessage, type SendResult, type Target, type TimeLimit, toError } from '@spillway/message'

/** Milliseconds of a request that are kept for its answer, should a target not heed its limit. */
const guardMs = 100

/** What a target answered. */
export interface Sent {
  /** By the place of the message; `undefined` for one of which the target says nothing. */
  readonly results: readonly (SendResult | undefined)[]
  /** Why the first message was not confirmed that was not. */
  readonly cause: Error
}

/**
 * Sends messages. A target should neither reject nor take longer than its limit; what one does that does so all the
 * same is not confirmed.
 */
export async function send(to: Target, messages: readonly EncodedMessage[], limit: TimeLimit): Promise<Sent> {
  if (messages.length === 0) return { results: [], cause: silent() }
  const controller = new AbortController()
  const remainingTime = () => limit.remainingTime()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        reject(new Error('the target did not answer in time'))
        controller.abort()
      },
      Math.max(0, remainingTime() - guardMs),
    )
  })
  try {
    const results = await Promise.race([
      to.send(messages, { signal: controller.signal, remainingTime }),
      late,
    ])
    const lost = messages.findIndex((_, place) => isLost(results[place]))
    const result: SendResult | undefined = results[Math.max(0, lost)]
    return { results, cause: result?.status === 'rejected' ? new Error(result.detail) : silent() }
  } catch (thrown) {
    return { results: [], cause: toError(thrown) }
  } finally {
    clearTimeout(timer)
  }
}

/** Whether the queue is to blame, not the message. */
function isLost(result: SendResult | undefined): boolean {
  return result?.status !== 'accepted' && result?.code !== 'SPILLWAY_BODY_TOO_LARGE'
}

function silent(): Error {
  return new Error('the target gave no result')
}
