import { type Clock, systemClock } from '@spillway/message/internal'
import { createInFlight, type Unreleased } from './in-flight.ts'
import type { OpenQueue } from './open-queue.ts'
import { type ParkedCopy, readCopy } from './read-copy.ts'

/** The result of {@link scan}. */
export interface Scanned {
  /** How many copies were read. */
  readonly looked: number
  /** Whether it stopped at the limit. */
  readonly limited: boolean
  readonly unreleased: Unreleased
}

/** The options of {@link scan}. */
export interface ScanOptions {
  readonly queue: Pick<OpenQueue, 'client' | 'url'>
  /** The most copies to read. */
  readonly limit: number
  readonly signal: AbortSignal
  /** Gets each copy once. It should not keep all bodies in memory. */
  readonly onCopy: (copy: ParkedCopy) => void
  readonly clock?: Clock
}

/** The visibility time-out in seconds: after it, copies are visible again if this process is killed. */
export const lookSeconds = 30

/** After this many receives in a row without a new message the whole queue counts as read. */
const fruitless = 5

/** Reads the copies in a queue, and always makes them visible again at the end. */
export async function scan(options: ScanOptions): Promise<Scanned> {
  const { queue, limit, signal, onCopy, clock = systemClock } = options
  const inFlight = createInFlight({ ...queue, visibility: lookSeconds, clock })
  const seen = new Set<string>()
  let released: Unreleased | undefined
  try {
    let nothingNew = 0
    while (seen.size < limit && nothingNew < fruitless && !signal.aborted) {
      const messages = await inFlight.receive()
      if (messages.length === 0) break
      const before = seen.size
      for (const message of messages) {
        const { MessageId = '' } = message
        if (seen.has(MessageId) || seen.size >= limit) continue
        seen.add(MessageId)
        onCopy(await readCopy(message))
      }
      nothingNew = seen.size > before ? 0 : nothingNew + 1
    }
  } finally {
    released = await inFlight.release()
  }
  return { looked: seen.size, limited: seen.size >= limit, unreleased: released }
}
