import type { Logger, Outcome } from '@spillway/message'
import type { Deadline } from '@spillway/transport'
import type { BatchWatcher } from './batch-plan.ts'

/**
 * Milliseconds of the time for writing in which a batch does not hold, so that watchers have time: the breaker has to
 * read and change an event source mapping. At most a share of the time.
 */
const watchingMs = 2_000
const watchingShare = 0.25

/** The time that is kept for watchers, in milliseconds. */
export function timeForWatchers(watchers: number, writing: number): number {
  return watchers === 0 ? 0 : Math.min(watchingMs, writing * watchingShare)
}

/** Tells each watcher something without waiting for it. Never throws. */
export function hintWatchers(
  watchers: readonly BatchWatcher[],
  tell: (watcher: BatchWatcher) => void,
  logger: Logger,
): void {
  for (const watcher of watchers) {
    try {
      tell(watcher)
    } catch (error) {
      logger.error('spillway: a watcher of a batch threw', { error })
    }
  }
}

/** Tells each watcher the outcomes of a batch, and waits for it while time remains. Never rejects. */
export async function tellWatchers(
  watchers: readonly BatchWatcher[],
  outcomes: readonly Outcome[],
  settling: Deadline,
  logger: Logger,
): Promise<void> {
  const tell = async (watcher: BatchWatcher) => {
    try {
      await watcher.settled(outcomes, settling)
    } catch (error) {
      logger.error('spillway: a watcher of a batch threw', { error })
    }
  }
  await settling.race(Promise.all(watchers.map(tell)))
}
