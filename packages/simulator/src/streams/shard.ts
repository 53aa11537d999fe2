import type { Functions, Invocation } from '../functions/functions.ts'
import type { VirtualClock } from '../time/virtual-clock.ts'

/** The parameters of a stream and its event source mapping. Times are in seconds. */
export interface ShardOptions {
  readonly shards: number
  readonly batchSize: number
  /** Default 0. */
  readonly batchingWindow?: number
  /** Default 1. */
  readonly parallelizationFactor?: number
  readonly bisectBatchOnFunctionError: boolean
  /** -1 means no limit. */
  readonly maximumRetryAttempts: number
  readonly maximumRecordAgeInSeconds: number
  /** Default: one day, as in Kinesis. */
  readonly retention?: number
}

/** A record in a stream. */
export interface StreamRecord {
  readonly number: number
  readonly sentAt: number
  readonly group: string
  deliveries: number
}

/** What {@link createShardReader} takes. */
export interface ShardWorld {
  readonly clock: VirtualClock
  readonly functions: Functions
  toEvent(records: readonly StreamRecord[]): unknown
  /** The sequence number of a record in responses. */
  idOf(record: StreamRecord): string
  done(records: readonly StreamRecord[]): void
  /** Called with records that are sent to the failure destination. */
  failed(records: readonly StreamRecord[]): void
  expired(records: readonly StreamRecord[]): void
}

/** The reader of a shard, or of a part of it with a parallelization factor. */
export interface ShardReader {
  put(record: StreamRecord): void
  /** How many records are neither done nor discarded. */
  readonly size: number
}

const pollEvery = 1000
const defaultRetention = 86_400

/**
 * Creates a reader that reads records in order, as an event source mapping of Kinesis does.
 *
 * Failed records are retried at once, from the lowest failed sequence number on. With `BisectBatchOnFunctionError` a
 * batch that ends in an error is split in two, which uses up no retry. A batch that was retried too often or is too old
 * is sent to the failure destination as a whole.
 *
 * Source: AWS Lambda Developer Guide, "Using Lambda to process records from Amazon Kinesis Data Streams".
 */
export function createShardReader(options: ShardOptions, world: ShardWorld): ShardReader {
  const {
    batchSize,
    batchingWindow = 0,
    bisectBatchOnFunctionError: bisects,
    retention = defaultRetention,
  } = options
  const { clock, functions } = world
  let records: StreamRecord[] = []
  let isReading = false

  const ageOf = ({ sentAt }: StreamRecord) => (clock.now() - sentAt) / 1000
  const isTooOld = (record: StreamRecord) =>
    options.maximumRecordAgeInSeconds !== -1 && ageOf(record) > options.maximumRecordAgeInSeconds

  function take(count: number): readonly StreamRecord[] {
    const taken = records.slice(0, count)
    records = records.slice(count)
    return taken
  }

  function dropExpired(): void {
    const first = records.findIndex((record) => ageOf(record) < retention)
    if (first !== 0 && records.length > 0) world.expired(take(first === -1 ? records.length : first))
  }

  async function read(): Promise<void> {
    await clock.sleep(pollEvery)
    if (records.length < batchSize && batchingWindow > 0) await clock.sleep(batchingWindow * 1000)
    while (records.length > 0) {
      dropExpired()
      await process(Math.min(batchSize, records.length))
      if (records.length < batchSize) await clock.sleep(pollEvery)
    }
    isReading = false
  }

  /** Processes the first records until they are done or discarded. */
  async function process(count: number): Promise<void> {
    let left = count
    let retries = 0
    while (left > 0) {
      const batch = records.slice(0, left)
      for (const record of batch) record.deliveries += 1
      const invocation = await functions.invoke(world.toEvent(batch))
      const done = countDone(invocation, batch, world.idOf)
      world.done(take(done))
      left -= done
      if (left === 0) return
      if (done > 0) {
        retries = 0
        continue
      }
      if (isTooOld(records[0] as StreamRecord) || retries === options.maximumRetryAttempts) {
        world.failed(take(left))
        return
      }
      if (bisects && invocation.kind !== 'answer' && left > 1) {
        const half = Math.ceil(left / 2)
        await process(half)
        left -= half
      } else retries += 1
    }
  }

  return {
    get size() {
      return records.length
    },
    put(record) {
      records.push(record)
      if (isReading) return
      isReading = true
      void read()
    },
  }
}

/** How many records from the first on an invocation has done. */
function countDone(invocation: Invocation, batch: readonly StreamRecord[], idOf: ShardWorld['idOf']): number {
  if (invocation.kind !== 'answer') return 0
  const { batchItemFailures } = Object(invocation.answer) as { readonly batchItemFailures?: unknown }
  if (!Array.isArray(batchItemFailures) || batchItemFailures.length === 0) return batch.length
  const ids = new Set(batchItemFailures.map((failure) => Object(failure).itemIdentifier as unknown))
  return Math.max(
    0,
    batch.findIndex((record) => ids.has(idOf(record))),
  )
}
