import { createGroups } from './groups.ts'
import { createInFlight } from './in-flight.ts'
import { createLine } from './line.ts'
import type { QueueMessage } from './message.ts'

/** The parameters of a queue. Times are in seconds. */
export interface QueueOptions {
  /** Default: a standard queue. */
  readonly fifo?: boolean
  /** After this many receives a message is moved to the dead-letter queue. */
  readonly maxReceiveCount: number
  readonly visibilityTimeout: number
  /** Default 4 days, as SQS has it. */
  readonly retention?: number
}

/** Listeners for events of messages. */
export interface QueueEvents {
  dead(message: QueueMessage): void
  expired(message: QueueMessage): void
}

/** A queue of Amazon SQS. Deletes and changes take the message itself, so there are no expired receipt handles. */
export interface Queue {
  /** How many messages it contains, including those in flight. */
  readonly size: number
  send(message: QueueMessage): void
  /** Receives up to `most` messages, which are then in flight. */
  receive(most: number): readonly QueueMessage[]
  /** Whether a receive would return a message. */
  isReady(): boolean
  /** When the next message becomes visible; `undefined` when none is invisible. */
  nextVisibleAt(): number | undefined
  /** Deletes a message; in a standard queue even after its visibility time-out has passed. */
  delete(message: QueueMessage): void
  /** Sets when a message in flight becomes visible, in seconds from now. */
  changeVisibility(message: QueueMessage, seconds: number): void
}

const defaultRetention = 345_600

/**
 * Creates a queue in virtual time. It delivers messages in the order in which they became visible, which SQS does not
 * promise. A FIFO queue delivers group by group, in the order in which the messages were sent.
 *
 * Source: Amazon SQS Developer Guide, "Visibility timeout", "Dead-letter queues" and "FIFO queue delivery logic".
 */
export function createQueue(options: QueueOptions, now: () => number, events: QueueEvents): Queue {
  const { fifo = false, maxReceiveCount, visibilityTimeout, retention = defaultRetention } = options
  const shelf = fifo ? createGroups() : createLine()
  const inFlight = createInFlight(now, shelf.returned)
  let size = 0

  function remove(message: QueueMessage, state: 'deleted' | 'dead' | 'expired'): void {
    const wasInFlight = message.state === 'in flight'
    message.state = state
    size -= 1
    if (wasInFlight) shelf.left(message)
  }

  /** Puts a message in flight; returns `false` when it leaves the queue instead. */
  function deliver(message: QueueMessage): boolean {
    const end = endOf(message, now(), { maxReceiveCount, retention })
    if (end !== undefined) {
      remove(message, end)
      shelf.left(message)
      events[end](message)
      return false
    }
    message.receiveCount += 1
    message.state = 'in flight'
    inFlight.hide(message, visibilityTimeout)
    return true
  }

  return {
    get size() {
      return size
    },
    send(message) {
      size += 1
      shelf.add(message)
    },
    receive(most) {
      inFlight.reveal()
      shelf.isReady()
      const received: QueueMessage[] = []
      while (received.length < most) {
        const message = shelf.next()
        if (message === undefined) break
        if (deliver(message)) received.push(message)
      }
      return received
    },
    isReady() {
      inFlight.reveal()
      return shelf.isReady()
    },
    nextVisibleAt: inFlight.nextVisibleAt,
    delete(message) {
      if (message.state === 'in flight' || (message.state === 'waiting' && !fifo)) remove(message, 'deleted')
    },
    changeVisibility(message, seconds) {
      if (message.state === 'in flight') inFlight.hide(message, seconds)
    },
  }
}

/** Why a receive removes a message instead of delivering it; `undefined` when it delivers it. */
function endOf(
  { sentAt, receiveCount }: QueueMessage,
  now: number,
  { maxReceiveCount, retention }: Required<Pick<QueueOptions, 'maxReceiveCount' | 'retention'>>,
): 'expired' | 'dead' | undefined {
  if (now - sentAt >= retention * 1000) return 'expired'
  return receiveCount >= maxReceiveCount ? 'dead' : undefined
}
