import type { VirtualClock } from '../time/virtual-clock.ts'
import type { QueueMessage } from './message.ts'

/** A poller, which repeatedly fills a batch and invokes the function. */
export interface Poller {
  /** How many messages its next receive requests. */
  room(): number
  /** Whether it has begun to fill a batch. */
  hasMessages(): boolean
  /** Adds received messages. It invokes when the batch is full or its window has ended. */
  add(messages: readonly QueueMessage[]): void
  /** Invokes with the messages that it has. */
  invoke(): void
}

/** What {@link createPoller} takes. */
export interface PollerOptions {
  readonly clock: VirtualClock
  readonly batchSize: number
  /** Seconds. */
  readonly batchingWindow: number
  /** Invokes the function with a batch. */
  deliver(batch: readonly QueueMessage[]): Promise<void>
  /** A batch is not full, and the poller can receive further messages. */
  onReceive(poller: Poller): void
  /** The window of a batch has ended; the poller receives no more messages for it. */
  onWindowEnd(poller: Poller): void
  /** An invocation has ended. */
  onIdle(poller: Poller): void
}

/** The most messages of a receive. */
const receiveMost = 10
/** The duration of a receive in milliseconds. */
const receiveTime = 10

/** Creates a poller without messages. */
export function createPoller(options: PollerOptions): Poller {
  const { clock, batchSize, batchingWindow } = options
  let batch: QueueMessage[] = []
  let cancelWindow: (() => void) | undefined

  function invoke(): void {
    cancelWindow?.()
    const full = batch
    batch = []
    cancelWindow = undefined
    void options.deliver(full).then(() => options.onIdle(poller))
  }

  function add(messages: readonly QueueMessage[]): void {
    batch.push(...messages)
    if (batch.length >= batchSize || batchingWindow === 0) {
      invoke()
      return
    }
    cancelWindow ??= clock.schedule(() => {
      options.onWindowEnd(poller)
      invoke()
    }, batchingWindow * 1000)
    const filling = batch
    clock.schedule(() => {
      if (batch === filling && cancelWindow !== undefined) options.onReceive(poller)
    }, receiveTime)
  }

  const poller: Poller = {
    room: () => Math.min(receiveMost, batchSize - batch.length),
    hasMessages: () => batch.length > 0,
    add,
    invoke,
  }
  return poller
}
