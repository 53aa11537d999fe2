import type { TimeLimit } from '@spillway/message'
import { type Clock, schedule } from '@spillway/message/internal'

/** The part of Lambda's context that is used. */
export interface HandlerContext {
  getRemainingTimeInMillis(): number
}

/** The limit in milliseconds for a call without a context. */
const withoutLimit = 30_000

/** Runs work with a limit: the remaining time of the invocation. */
export async function limited<Value>(
  context: HandlerContext | undefined,
  clock: Clock,
  work: (limit: TimeLimit) => Promise<Value>,
): Promise<Value> {
  const time = Math.max(0, Math.floor(context?.getRemainingTimeInMillis() ?? withoutLimit))
  const ends = clock.now() + time
  const over = new AbortController()
  const cancel = schedule(clock, () => over.abort(timeOver()), time)
  try {
    return await work({ signal: over.signal, remainingTime: () => Math.max(0, ends - clock.now()) })
  } finally {
    cancel()
  }
}

const timeOver = () => new DOMException('The time is over.', 'TimeoutError')
