import type { VirtualClock } from '../time/virtual-clock.ts'
import type { QueueMessage } from './message.ts'
import { createPoller, type Poller } from './poller.ts'

/** What {@link createPollers} takes. */
export interface PollersOptions {
  readonly clock: VirtualClock
  readonly batchSize: number
  /** Seconds. */
  readonly batchingWindow: number
  /** The most pollers now. */
  allowed(): number
  /** Invokes the function with a batch. */
  deliver(batch: readonly QueueMessage[]): Promise<void>
  /** Whether a poller continues after an invocation when there are this many. */
  keepsPoller(count: number): boolean
  /** Called when a poller waits or has ended. */
  onFree(): void
}

/** The pollers of a mapping. */
export interface Pollers {
  /** Takes a poller that can receive; `undefined` when all are busy and no more are allowed. */
  take(): Poller | undefined
  /** Returns a poller that has received nothing. */
  giveBack(poller: Poller): void
  someWait(): boolean
  /** Ends the pollers that wait. Those that have begun to fill a batch invoke with it first. */
  endWaiting(): void
}

/** Creates a set without pollers; it adds them when needed. */
export function createPollers(options: PollersOptions): Pollers {
  const { clock, batchSize, batchingWindow, allowed, deliver, keepsPoller, onFree } = options
  /** The pollers that wait for (further) messages. */
  let waiting: Poller[] = []
  let count = 0

  function add(): Poller {
    count += 1
    return createPoller({
      clock,
      batchSize,
      batchingWindow,
      deliver,
      onReceive(poller) {
        waiting.push(poller)
        onFree()
      },
      onWindowEnd(poller) {
        waiting = waiting.filter((other) => other !== poller)
      },
      onIdle(poller) {
        if (keepsPoller(count)) waiting.push(poller)
        else count -= 1
        onFree()
      },
    })
  }

  return {
    take: () => waiting.shift() ?? (count < allowed() ? add() : undefined),
    giveBack: (poller) => void waiting.unshift(poller),
    someWait: () => waiting.length > 0,
    endWaiting() {
      for (const poller of waiting) {
        if (poller.hasMessages()) poller.invoke()
        else count -= 1
      }
      waiting = []
    },
  }
}
