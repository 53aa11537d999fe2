import { createHeap } from '../time/heap.ts'
import type { QueueMessage } from './message.ts'

/** The messages in flight, by the time at which they become visible. */
export interface InFlight {
  /** Hides a message for some seconds from now; this replaces the previous time of the message. */
  hide(message: QueueMessage, seconds: number): void
  /** Makes the messages visible whose time has passed. */
  reveal(): void
  /** When the next message becomes visible; `undefined` when none is invisible. */
  nextVisibleAt(): number | undefined
}

interface Hidden {
  readonly at: number
  readonly order: number
  readonly message: QueueMessage
}

/**
 * Creates the order in which messages become visible. Messages of the same time keep the order of the calls.
 *
 * @param onVisible called with a message that has become visible
 */
export function createInFlight(now: () => number, onVisible: (message: QueueMessage) => void): InFlight {
  const hidden = createHeap<Hidden>((one, other) => one.at - other.at || one.order - other.order)
  let order = 0

  const isStale = ({ at, message }: Hidden) => message.state !== 'in flight' || message.visibleAt !== at

  return {
    hide(message, seconds) {
      message.visibleAt = now() + seconds * 1000
      hidden.push({ at: message.visibleAt, order: order++, message })
    },
    reveal() {
      for (let first = hidden.peek(); first !== undefined && first.at <= now(); first = hidden.peek()) {
        hidden.pop()
        if (isStale(first)) continue
        first.message.state = 'waiting'
        onVisible(first.message)
      }
    },
    nextVisibleAt() {
      for (let first = hidden.peek(); first !== undefined && isStale(first); first = hidden.peek())
        hidden.pop()
      return hidden.peek()?.at
    },
  }
}
