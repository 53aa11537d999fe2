import type { Clock } from '@spillway/message/internal'
import type { Received } from './queue-client.ts'

/** Records that were received but did not fit into their batch: the next batch starts with them. */
export interface Carry {
  put(records: readonly Received[]): void
  /**
   * Removes and returns all of them, except those whose visibility time-out has passed: the queue delivers them again.
   */
  take(): readonly Received[]
  /** Drops the records of these FIFO groups; the queue delivers them again. */
  drop(groups: ReadonlySet<string | undefined>): void
  size(): number
}

/** Creates an empty carry. `visibilityTimeout` is in seconds. */
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
