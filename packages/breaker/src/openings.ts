import type { Logger, TimeLimit } from '@spillway/message'
import { type Clock, schedule } from '@spillway/message/internal'

/**
 * Opens the breaker on behalf of batches: at most once per batch, one batch at a time. A batch is identified by its
 * time limit.
 */
export interface Openings {
  /** Schedules the opening for shortly before a held batch runs out of time. */
  later(limit: TimeLimit): void
  /** Opens at once. Never rejects. */
  now(limit: TimeLimit): Promise<void>
  /** Whether the opening for a batch has begun or ended. */
  hasBegun(limit: TimeLimit): boolean
  /** Cancels scheduled and running openings, because the database answers. Never rejects. */
  stop(): Promise<void>
}

/** What {@link createOpenings} takes. */
export interface OpeningsOptions {
  /** Switches the mapping off. */
  open(limit: TimeLimit): Promise<unknown>
  /** Called when the mapping is off, or when someone else has changed it. */
  opened(): void
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * How long before the end of a held batch its opening begins. Milliseconds. A request may take half a second, and
 * Lambda throttles requests when many environments open.
 */
const timeToOpen = 10_000

/** The least share of its time for which a batch is held first, so that a short outage does not open the breaker. */
const leastHeldShare = 1 / 3

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
      // The next batch that returns tries again.
      if (stopped.aborted) logger.info('breaker: the database answers again, so the mapping stays on')
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
      const delay = Math.max(left * leastHeldShare, left - timeToOpen)
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

/** Rejects when a signal aborts, so that a switch that ignores the signal is not awaited. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
