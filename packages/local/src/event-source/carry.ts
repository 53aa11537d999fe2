import type { Clock } from '@spillway/message/internal'
import type { Received } from './queue-client.ts'

/** Records that were received but did not fit into their batch: the next batch starts with them. */
export interface Carry {
  put(records: readonly Received[]): void
  /** Takes them all, but for those that the queue delivers again because their visibility time-out has passed. */
  take(): readonly Received[]
  /** Leaves the records of these FIFO groups to the queue, which delivers them again. */
  drop(groups: ReadonlySet<string | undefined>): void
  size(): number
}

/** Makes an empty carry. `visibilityTimeout` is in seconds. */
export function createCarry(clock: Clock, visibilityTimeout: number): Carry {
  let kept: readonly Received[] = []
  return {
    put(records) {
      kept = [...kept, ...records]
    },
    take() {
      const taken = kept
      kept = []
      return taken.filter(({ receivedAt }) => clock.now() < receivedAt + visibilityTimeout * 1000)
    },
    drop(groups) {
      kept = kept.filter(({ record }) => !groups.has(record.attributes.MessageGroupId))
    },
    size: () => kept.length,
  }
}
