import type { Clock } from '@spillway/message/internal'
import type { FifoDelivery } from './fifo-message.ts'

/** A signal that can be given again and again. */
export interface Bell {
  ring(): void
  /** Aborts at the next ring. */
  next(): AbortSignal
}

/** Makes a bell that nobody has rung. */
export function createBell(): Bell {
  let current = new AbortController()
  return {
    ring() {
      current.abort()
      current = new AbortController()
    },
    next: () => current.signal,
  }
}

/** What {@link pollFor} works with. */
export interface Poll {
  /** Milliseconds. */
  readonly wait: number
  readonly clock: Clock
  /** Rung whenever there may be something to take. */
  readonly bell: Bell
  /** Whether nobody waits for the answer any more. */
  isOver(): boolean
  take(): Promise<readonly FifoDelivery[]>
  /** When there may be something to take without a ring, in milliseconds since the epoch. */
  nextAt(): number
}

/** Milliseconds. A queue with a delay gives its messages without a ring. */
const longestPause = 500

/** Takes what is there, or waits for it: a long poll. */
export async function pollFor({
  wait,
  clock,
  bell,
  isOver,
  take,
  nextAt,
}: Poll): Promise<readonly FifoDelivery[]> {
  const ends = clock.now() + wait
  while (!isOver()) {
    const rung = bell.next()
    const taken = await take()
    const left = ends - clock.now()
    if (taken.length > 0 || left <= 0) return taken
    const pause = Math.min(left, longestPause, Math.max(1, nextAt() - clock.now()))
    await clock.sleep(pause, rung)
  }
  return []
}
