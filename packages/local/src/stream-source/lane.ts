import type { Clock } from '@spillway/message/internal'
import { payloadLimit } from '../event-source/batch.ts'
import type { StoredRecord } from '../streams/index.ts'
import { type KinesisRecord, toKinesisRecord } from './record.ts'

/** A record of a shard, in its stored form and as it is in the event. */
export interface LaneRecord {
  readonly stored: StoredRecord
  readonly record: KinesisRecord
}

/** What {@link startLane} takes. */
export interface LaneOptions {
  readonly streamArn: string
  readonly region: string
  readonly batchSize: number
  /** Seconds. */
  readonly batchingWindow: number
  readonly clock: Clock
  /** Ends the lane when it aborts. */
  readonly signal: AbortSignal
  /** Runs a batch until it is done or discarded. Must not reject. */
  run(batch: readonly LaneRecord[]): Promise<void>
}

/** Records in order, one batch at a time. */
export interface Lane {
  push(record: StoredRecord): void
  /** Resolves once the lane has ended. */
  readonly ended: Promise<void>
}

const frame = Buffer.byteLength('{"Records":[]}')

/** Starts an empty lane. */
export function startLane(options: LaneOptions): Lane {
  const { batchingWindow, clock, signal } = options
  const buffer = createBuffer(options)
  /** When the first record of the next batch arrived, in milliseconds since the epoch. */
  let since = 0
  let changed = Promise.withResolvers<void>()
  const wake = () => {
    changed.resolve()
    changed = Promise.withResolvers()
  }
  signal.addEventListener('abort', wake, { once: true })

  async function waitForWindow(): Promise<void> {
    const closes = since + batchingWindow * 1000
    while (!buffer.isFull() && clock.now() < closes && !signal.aborted) {
      const waited = new AbortController()
      await Promise.race([changed.promise, clock.sleep(closes - clock.now(), waited.signal)])
      waited.abort()
    }
  }

  async function loop(): Promise<void> {
    while (!signal.aborted) {
      if (buffer.isEmpty()) {
        await changed.promise
        continue
      }
      await waitForWindow()
      if (!signal.aborted) await options.run(buffer.take())
      // The window of the next batch begins when this batch has ended.
      since = clock.now()
    }
  }

  return {
    push(record) {
      if (buffer.isEmpty()) since = clock.now()
      buffer.push(record)
      wake()
    },
    ended: loop(),
  }
}

/** The records of a lane that wait for their batch. */
function createBuffer({ streamArn, region, batchSize }: LaneOptions) {
  const records: StoredRecord[] = []
  let bytes = 0
  return {
    isEmpty: () => records.length === 0,
    isFull: () => records.length >= batchSize || bytes >= payloadLimit,
    push(record: StoredRecord): void {
      records.push(record)
      bytes += weightOf(record)
    },
    /** Takes the records of the next batch. */
    take(): readonly LaneRecord[] {
      const batch: LaneRecord[] = []
      let size = frame
      for (const stored of records) {
        if (batch.length >= batchSize) break
        const record = toKinesisRecord(stored, streamArn, region)
        size += Buffer.byteLength(JSON.stringify(record)) + 1
        // A record that is too large by itself gets its own batch and fails alone.
        if (size > payloadLimit && batch.length > 0) break
        batch.push({ stored, record })
      }
      for (const stored of records.splice(0, batch.length)) bytes -= weightOf(stored)
      return batch
    },
  }
}

/** The approximate number of bytes of a record in the event. */
function weightOf({ data, partitionKey }: StoredRecord): number {
  return Math.ceil(data.byteLength / 3) * 4 + partitionKey.length + 600
}
