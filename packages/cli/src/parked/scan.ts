import { type Clock, systemClock } from '@spillway/message/internal'
import { createInFlight, type Unreleased } from './in-flight.ts'
import type { OpenQueue } from './open-queue.ts'
import { type ParkedCopy, readCopy } from './read-copy.ts'

/** What {@link scan} found. */
export interface Scanned {
  /** Copies that were looked at. */
  readonly looked: number
  /** Whether it ended at the limit rather than at the end of the queue. */
  readonly limited: boolean
  readonly unreleased: Unreleased
}

/** What {@link scan} takes. */
export interface ScanOptions {
  readonly queue: Pick<OpenQueue, 'client' | 'url'>
  /** The most copies that are looked at. */
  readonly limit: number
  readonly signal: AbortSignal
  /** Gets each copy once. It is not to keep the bodies of all of them. */
  readonly onCopy: (copy: ParkedCopy) => void
  readonly clock?: Clock
}

/** Seconds: what is looked at comes back by itself after this time, if the process is killed. */
export const lookSeconds = 30

/** Receives in a row that bring nothing new, after which a queue counts as read. */
const fruitless = 5

/** Looks at the copies in a queue, and makes them visible again at once when it is done, whatever happens. */
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
