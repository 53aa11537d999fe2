import type { VirtualClock } from '../time/virtual-clock.ts'
import { receiptOf } from './event.ts'
import type { QueueMessage } from './message.ts'
import type { Queue } from './queue.ts'

/** The messages that a simulation has sent to its queue. */
export interface SentMessages {
  readonly count: number
  send(group: string): void
  /** Sets when a message becomes visible, if this is the handle of its last receive. */
  changeVisibility(receiptHandle: string, seconds: number): void
  /** How often each message was received. */
  receiveCounts(): readonly number[]
}

/** Creates the list of the messages of a queue. */
export function createSentMessages(queue: Queue, clock: VirtualClock): SentMessages {
  const messages: QueueMessage[] = []
  return {
    get count() {
      return messages.length
    },
    send(group) {
      const message: QueueMessage = {
        number: messages.length,
        sentAt: clock.now(),
        group,
        receiveCount: 0,
        visibleAt: 0,
        state: 'waiting',
      }
      messages.push(message)
      queue.send(message)
    },
    changeVisibility(receiptHandle, seconds) {
      const message = messages[Number(receiptHandle.split('.')[0])]
      if (message !== undefined && receiptOf(message) === receiptHandle)
        queue.changeVisibility(message, seconds)
    },
    receiveCounts: () => messages.map(({ receiveCount }) => receiveCount),
  }
}
