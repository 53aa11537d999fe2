import type { Clock } from '@spillway/message/internal'
import { createSemaphore } from '@spillway/transport'
import type { Batch } from './batch.ts'
import type { Carry } from './carry.ts'
import { gather } from './gather.ts'
import type { QueueClient } from './queue-client.ts'
import type { EventSourceProblem, EventSourceSpec } from './types.ts'

/** What {@link createCollect} takes. */
export interface CollectOptions {
  readonly spec: Pick<EventSourceSpec, 'batchSize' | 'batchingWindow'>
  readonly client: QueueClient
  readonly clock: Clock
  /** Aborts when the event source stops. */
  readonly signal: AbortSignal
  report(code: EventSourceProblem['code'], message: string): void
}

/**
 * Collects the next batch for a poller; `undefined` when there is none now. When it is the poller's turn, it calls
 * `isNeeded` to check whether the poller should continue. It calls `onFirst` when it has the first record. Rejects
 * while the queue does not answer.
 */
export type Collect = (
  carry: Carry,
  isNeeded: () => boolean,
  onFirst: () => void,
) => Promise<Batch | undefined>

/** Creates the {@link Collect} of an event source. */
export function createCollect({ spec, client, clock, signal, report }: CollectOptions): Collect {
  const { batchSize, batchingWindow } = spec
  // With a window one batch is filled at a time. Concurrent pollers would share a low rate of records, and each would
  // wait for the whole window.
  const oneAtATime = batchingWindow > 0 ? createSemaphore(1) : undefined
  let unreachable = false

  return async function collect(carry, isNeeded, onFirst) {
    const work = async () => {
      if (signal.aborted || !isNeeded()) return undefined
      const batch = await gather({ client, carry, clock, batchSize, batchingWindow, signal, onFirst })
      unreachable = false
      return batch
    }
    try {
      return await (oneAtATime === undefined ? work() : oneAtATime.run(work))
    } catch (error) {
      if (!unreachable && !signal.aborted) {
        report('queue-unreachable', `the queue does not answer (${String(error)}); retrying`)
      }
      unreachable = true
      throw error
    }
  }
}
