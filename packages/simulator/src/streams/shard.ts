import { createBacklog } from './backlog.ts'
import { runBatch } from './run-batch.ts'
import type { ShardOptions, ShardWorld, StreamRecord } from './types.ts'

/** The reader of a shard, or of a part of it with a parallelization factor. */
export interface ShardReader {
  put(record: StreamRecord): void
  /** How many records are neither done nor discarded. */
  readonly size: number
}

/** Milliseconds. */
const pollEvery = 1000

/**
 * Creates a reader that reads records in order, as an event source mapping of Kinesis does.
 *
 * Failed records are retried at once, from the lowest failed sequence number on. With `BisectBatchOnFunctionError` a
 * batch that ends in an error is split in two, which does not count as a retry. A batch that was retried too often or
 * is too old is sent to the failure destination as a whole.
 *
 * Source: AWS Lambda Developer Guide, "Using Lambda to process records from Amazon Kinesis Data Streams".
 */
export function createShardReader(options: ShardOptions, world: ShardWorld): ShardReader {
  const { batchSize, batchingWindow = 0 } = options
  const { clock } = world
  const backlog = createBacklog(options, world)
  let isReading = false

  async function read(): Promise<void> {
    await clock.sleep(pollEvery)
    if (backlog.size() < batchSize && batchingWindow > 0) await clock.sleep(batchingWindow * 1000)
    while (backlog.size() > 0) {
      backlog.dropExpired()
      await runBatch(Math.min(batchSize, backlog.size()), backlog, options, world)
      if (backlog.size() < batchSize) await clock.sleep(pollEvery)
    }
    isReading = false
  }

  return {
    get size() {
      return backlog.size()
    },
    put(record) {
      backlog.add(record)
      if (isReading) return
      isReading = true
      void read()
    },
  }
}
