import type { Clock } from '@spillway/message/internal'
import type { FifoDelivery } from './fifo-message.ts'

/** A signal that can be sent repeatedly. */
export interface Bell {
  ring(): void
  /** Aborts at the next ring. */
  next(): AbortSignal
}

/** Creates a bell. */
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

/** What {@link pollFor} takes. */
export interface Poll {
  /** Milliseconds. */
  readonly wait: number
  readonly clock: Clock
  /** Rings whenever there may be a message. */
  readonly bell: Bell
  /** Whether the client no longer waits for the response. */
  isOver(): boolean
  take(): Promise<readonly FifoDelivery[]>
  /** When there may be a message although the bell does not ring, in milliseconds since the epoch. */
  nextAt(): number
}

/** Milliseconds between two attempts. The messages of a queue with a delay become visible without a ring. */
const longestPause = 500

/** Takes messages, or waits for them: a long poll. */
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
