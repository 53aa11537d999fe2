import type { Logger, TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'

/** Whether a check resolves in time. Never rejects. */
export async function checkHealth(
  check: (limit: TimeLimit) => Promise<unknown>,
  timeout: number,
  limit: TimeLimit,
  clock: Clock,
  logger: Logger,
): Promise<boolean> {
  const giveUp = new AbortController()
  const answered = new AbortController()
  const time = Math.min(timeout, limit.remainingTime())
  const ends = clock.now() + time
  const own: TimeLimit = {
    signal: AbortSignal.any([limit.signal, giveUp.signal]),
    remainingTime: () => Math.max(0, ends - clock.now()),
  }
  try {
    const late = clock.sleep(time, answered.signal).then(() => {
      throw new Error(`the check took longer than ${time} ms`)
    })
    await Promise.race([check(own), late])
    return true
  } catch (error) {
    logger.info('breaker: the database does not answer', { error })
    return false
  } finally {
    answered.abort()
    giveUp.abort()
  }
}
