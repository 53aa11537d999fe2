import type { Logger, TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { createDeadline } from '@spillway/transport'

/** Whether a check resolves in time. Never rejects. */
export async function checkHealth(
  check: (limit: TimeLimit) => Promise<unknown>,
  timeout: number,
  limit: TimeLimit,
  clock: Clock,
  logger: Logger,
): Promise<boolean> {
  const time = Math.min(timeout, limit.remainingTime())
  const deadline = createDeadline(limit, { most: time, clock })
  try {
    const isHealthy = await deadline.race(check(deadline).then(() => true))
    if (isHealthy === undefined) throw new Error(`the check took longer than ${time} ms`)
    return true
  } catch (error) {
    logger.info('breaker: the database does not answer', { error })
    return false
  } finally {
    deadline.end()
  }
}
