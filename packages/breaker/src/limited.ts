import type { TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { createDeadline } from '@spillway/transport'

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
  const deadline = createDeadline({ remainingTime: () => Number.POSITIVE_INFINITY }, { most: time, clock })
  try {
    return await work(deadline)
  } finally {
    deadline.end()
  }
}
