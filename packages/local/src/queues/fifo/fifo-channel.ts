import type { Clock } from '@spillway/message/internal'
import { createSemaphore } from '@spillway/transport'
import type { QueueDepth, StoredMessage } from '../engine.ts'
import type { Faux } from '../faux-app.ts'
import type { FifoDelivery, FifoMessage } from './fifo-message.ts'
import { createFifoQueue, type HandleResult } from './fifo-queue.ts'
import { takeOver } from './intake.ts'
import { createBell, pollFor } from './poll.ts'
import { readSettings } from './settings.ts'

/** A receive by a client. */
export interface FifoPoll {
  /** 1 to 10. */
  readonly maximum: number
  /** Seconds. Default: the value of the queue. */
  readonly visibilityTimeout: number | undefined
  /** Seconds. Default: the value of the queue. */
  readonly wait: number | undefined
  /** Whether the client has disconnected. */
  isOver(): boolean
}

/** One FIFO queue: fauxqs accepts its messages, and this delivers them. */
export interface FifoChannel {
  receive(poll: FifoPoll): Promise<readonly FifoDelivery[]>
  remove(receiptHandle: string): HandleResult
  changeVisibility(receiptHandle: string, seconds: number): HandleResult
  depth(): Promise<QueueDepth>
  messages(): Promise<readonly StoredMessage[]>
  /** Wakes the long polls, because there may be a message. */
  ring(): void
  clear(): void
  /** Adds a message that a source queue has dead-lettered. */
  addDeadLetter(message: FifoMessage, receiveCount: number): void
}

/** What {@link createFifoChannel} takes. */
export interface FifoChannelOptions {
  readonly faux: Faux
  readonly name: string
  readonly clock: Clock
  /** Finds the dead-letter queue by its ARN. */
  deadLetterQueue(arn: string): FifoChannel
}

/** Creates the delivery of a queue of fauxqs. */
export function createFifoChannel({ faux, name, clock, deadLetterQueue }: FifoChannelOptions): FifoChannel {
  const queue = createFifoQueue(clock)
  const bell = createBell()
  // One at a time, because two at once could change the order of the messages.
  const turn = createSemaphore(1)
  const intake = () => turn.run(() => takeOver(faux, name, queue.add))

  function ringAfter(result: HandleResult): HandleResult {
    bell.ring()
    return result
  }

  return {
    async receive({ maximum, wait, visibilityTimeout, isOver }) {
      const settings = await readSettings(faux, name)
      const request = {
        maximum,
        visibilityTimeout: visibilityTimeout ?? settings.visibilityTimeout,
        maxReceiveCount: settings.maxReceiveCount,
        deadLetter(message: FifoMessage, receiveCount: number) {
          const attributes = { ...message.attributes, DeadLetterQueueSourceArn: settings.arn }
          deadLetterQueue(settings.deadLetterArn).addDeadLetter({ ...message, attributes }, receiveCount)
        },
      }
      return pollFor({
        wait: (wait ?? settings.wait) * 1000,
        clock,
        bell,
        isOver,
        nextAt: queue.nextVisible,
        async take() {
          await intake()
          return queue.receive(request)
        },
      })
    },
    remove: (receiptHandle) => ringAfter(queue.remove(receiptHandle)),
    changeVisibility: (receiptHandle, seconds) => ringAfter(queue.changeVisibility(receiptHandle, seconds)),
    async depth() {
      await intake()
      return queue.depth()
    },
    async messages() {
      await intake()
      return queue.messages()
    },
    ring: bell.ring,
    clear: queue.clear,
    addDeadLetter(message, receiveCount) {
      // Its new time and deduplication id: Amazon SQS Developer Guide, "Using dead-letter queues".
      const attributes = {
        ...message.attributes,
        SentTimestamp: String(clock.now()),
        MessageDeduplicationId: message.messageId,
      }
      queue.add({ ...message, attributes }, receiveCount)
      bell.ring()
    },
  }
}
