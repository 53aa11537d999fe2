import type { Logger, TimeLimit } from '@spillway/message'
import { type Clock, schedule } from '@spillway/message/internal'

/** Opens for batches: at most once for each, and for one at a time. A batch is known by its time limit. */
export interface Openings {
  /** Opens before the time of a batch that is held runs out. */
  later(limit: TimeLimit): void
  /** Opens at once. Never rejects. */
  now(limit: TimeLimit): Promise<void>
  /** Whether it has opened for a batch, or is about to. */
  hasBegun(limit: TimeLimit): boolean
  /** The database answers: what has not been done is left undone. Never rejects. */
  stop(): Promise<void>
}

/** What {@link createOpenings} takes. */
export interface OpeningsOptions {
  /** Switches the mapping off. */
  open(limit: TimeLimit): Promise<unknown>
  /** The mapping is off, or it is somebody else's. */
  opened(): void
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * How long before the end of its time a batch that is held begins to open. Milliseconds. A request may take half a second
 * and is throttled when many environments open.
 */
const timeToOpen = 10_000

/** The share of its time for which a batch is held before: short outages are to cost no opening. */
const patienceShare = 1 / 3

/** Opens for the batches of one execution environment. */
export function createOpenings({ open, opened, clock, logger }: OpeningsOptions): Openings {
  const tried = new WeakSet<TimeLimit>()
  const waiting = new Map<TimeLimit, () => void>()
  let running: { readonly end: Promise<void>; readonly stopped: AbortController } | undefined

  async function run(limit: TimeLimit, stopped: AbortSignal): Promise<void> {
    const own: TimeLimit = {
      signal: AbortSignal.any([limit.signal, stopped]),
      remainingTime: () => limit.remainingTime(),
    }
    try {
      await Promise.race([open(own), untilAborted(own.signal)])
      opened()
    } catch (error) {
      // The next batch that comes back tries again.
      if (stopped.aborted) logger.info('breaker: the database answers again: the mapping is not switched off')
      else logger.error('breaker: the event source mapping could not be switched off', { error })
    } finally {
      running = undefined
    }
  }

  async function now(limit: TimeLimit): Promise<void> {
    waiting.get(limit)?.()
    waiting.delete(limit)
    if (running === undefined && !tried.has(limit)) {
      const stopped = new AbortController()
      running = { stopped, end: Promise.resolve().then(() => run(limit, stopped.signal)) }
    }
    tried.add(limit)
    await running?.end
  }

  return {
    now,
    later(limit) {
      if (tried.has(limit) || waiting.has(limit)) return
      const left = limit.remainingTime()
      const delay = Math.max(left * patienceShare, left - timeToOpen)
      waiting.set(
        limit,
        schedule(clock, () => void now(limit), delay),
      )
    },
    hasBegun: (limit) => tried.has(limit),
    async stop() {
      for (const cancel of waiting.values()) cancel()
      waiting.clear()
      running?.stopped.abort()
      await running?.end
    },
  }
}

/** Rejects when a signal aborts: a switch that takes no notice of it must not be waited for. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
