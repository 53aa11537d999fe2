import { createHeap } from '../time/heap.ts'
import { createGroups, createLine } from './shelf.ts'

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

/** A message in a queue. */
export interface QueueMessage {
  /** Its number, from 0, which is part of its key and its id. */
  readonly number: number
  readonly sentAt: number
  /** The message group of a FIFO queue. */
  readonly group: string
  receiveCount: number
  visibleAt: number
  state: 'waiting' | 'in flight' | 'deleted' | 'dead' | 'expired'
}

/** Listeners for what happens to messages. */
export interface QueueEvents {
  dead(message: QueueMessage): void
  expired(message: QueueMessage): void
}

/** A queue of Amazon SQS. Deletes and changes name the message itself, so there are no expired receipt handles. */
export interface Queue {
  /** How many messages it has, including those in flight. */
  readonly size: number
  send(message: QueueMessage): void
  /** Receives up to `most` messages, which are then in flight. */
  receive(most: number): readonly QueueMessage[]
  /** Whether a receive would find something. */
  isReady(): boolean
  /** When the next message becomes visible; `undefined` when none is invisible. */
  nextVisibleAt(): number | undefined
  /** Deletes a message, in a standard queue also after its visibility time-out has passed. */
  delete(message: QueueMessage): void
  /** Sets when a message in flight becomes visible, in seconds from now. */
  changeVisibility(message: QueueMessage, seconds: number): void
}

/** A message in flight, and when it becomes visible. */
interface Hidden {
  readonly at: number
  readonly order: number
  readonly message: QueueMessage
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
  const hidden = createHeap<Hidden>((one, other) => one.at - other.at || one.order - other.order)
  let size = 0
  let order = 0

  function hide(message: QueueMessage, seconds: number): void {
    message.visibleAt = now() + seconds * 1000
    hidden.push({ at: message.visibleAt, order: order++, message })
  }

  const isStale = ({ at, message }: Hidden) => message.state !== 'in flight' || message.visibleAt !== at

  function reveal(): void {
    for (let first = hidden.peek(); first !== undefined && first.at <= now(); first = hidden.peek()) {
      hidden.pop()
      if (isStale(first)) continue
      first.message.state = 'waiting'
      shelf.returned(first.message)
    }
  }

  function take(message: QueueMessage, state: 'deleted' | 'dead' | 'expired'): void {
    const wasInFlight = message.state === 'in flight'
    message.state = state
    size -= 1
    if (wasInFlight) shelf.left(message)
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
      reveal()
      shelf.isReady()
      const received: QueueMessage[] = []
      while (received.length < most) {
        const message = shelf.next()
        if (message === undefined) break
        if (now() - message.sentAt >= retention * 1000) {
          take(message, 'expired')
          shelf.left(message)
          events.expired(message)
        } else if (message.receiveCount >= maxReceiveCount) {
          take(message, 'dead')
          shelf.left(message)
          events.dead(message)
        } else {
          message.receiveCount += 1
          message.state = 'in flight'
          hide(message, visibilityTimeout)
          received.push(message)
        }
      }
      return received
    },
    isReady() {
      reveal()
      return shelf.isReady()
    },
    nextVisibleAt() {
      for (let first = hidden.peek(); first !== undefined && isStale(first); first = hidden.peek())
        hidden.pop()
      return hidden.peek()?.at
    },
    delete(message) {
      if (message.state === 'in flight' || (message.state === 'waiting' && !fifo)) take(message, 'deleted')
    },
    changeVisibility(message, seconds) {
      if (message.state === 'in flight') hide(message, seconds)
    },
  }
}
