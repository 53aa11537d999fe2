import type { Logger, Outcome } from '@spillway/message'
import type { Watcher } from '@spillway/message/internal'
import type { Deadline } from '@spillway/transport'

type Hearer = Pick<Watcher<unknown>, 'begun' | 'held' | 'settled'>

/**
 * Milliseconds of the time for writing that a batch which waits keeps for those who watch it: the breaker has to read
 * and change an event source mapping. Never more than a share of it.
 */
const watchingMs = 2_000
const watchingShare = 0.25

/** The time that is kept for so many watchers, of the milliseconds for writing. */
export function timeForWatchers(watchers: number, writing: number): number {
  return watchers === 0 ? 0 : Math.min(watchingMs, writing * watchingShare)
}

/** Tells each watcher something that it does not have to be waited for. Never throws. */
export function hintWatchers(
  watchers: readonly Hearer[],
  tell: (watcher: Hearer) => void,
  logger: Logger,
): void {
  for (const watcher of watchers) {
    try {
      tell(watcher)
    } catch (error) {
      logger.error('spillway: what watches a batch threw', { error })
    }
  }
}

/** Tells each watcher what became of a batch, and waits for it while time remains. Never rejects. */
export async function tellWatchers(
  watchers: readonly Hearer[],
  outcomes: readonly Outcome[],
  settling: Deadline,
  logger: Logger,
): Promise<void> {
  const tell = async (watcher: Hearer) => {
    try {
      await watcher.settled(outcomes, settling)
    } catch (error) {
      logger.error('spillway: what watches a batch threw', { error })
    }
  }
  await settling.race(Promise.all(watchers.map(tell)))
}
