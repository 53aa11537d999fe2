import type { Clock } from '@spillway/message/internal'
import { payloadLimit } from '../event-source/batch.ts'
import type { StoredRecord } from '../streams/index.ts'
import { type KinesisRecord, toKinesisRecord } from './record.ts'

/** A record of a shard, and as the function gets it. */
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
  /** Runs a batch to its end, whatever that is. Must not reject. */
  run(batch: readonly LaneRecord[]): Promise<void>
}

/** Records in order, one batch at a time. */
export interface Lane {
  push(record: StoredRecord): void
  /** Resolves once the lane has ended. */
  readonly ended: Promise<void>
}

const frame = Buffer.byteLength('{"Records":[]}')

/** Starts a lane without records. */
export function startLane(options: LaneOptions): Lane {
  const { streamArn, region, batchSize, batchingWindow, clock, signal } = options
  const buffer: StoredRecord[] = []
  let bytes = 0
  /** When the first record of the next batch came, in milliseconds since the epoch. */
  let since = 0
  let changed = Promise.withResolvers<void>()
  const wake = () => {
    changed.resolve()
    changed = Promise.withResolvers()
  }
  signal.addEventListener('abort', wake, { once: true })

  const isFull = () => buffer.length >= batchSize || bytes >= payloadLimit

  async function waitForWindow(): Promise<void> {
    const closes = since + batchingWindow * 1000
    while (!isFull() && clock.now() < closes && !signal.aborted) {
      const waited = new AbortController()
      await Promise.race([changed.promise, clock.sleep(closes - clock.now(), waited.signal)])
      waited.abort()
    }
  }

  function take(): readonly LaneRecord[] {
    const batch: LaneRecord[] = []
    let size = frame
    for (const stored of buffer) {
      if (batch.length >= batchSize) break
      const record = toKinesisRecord(stored, streamArn, region)
      size += Buffer.byteLength(JSON.stringify(record)) + 1
      // One that is too large on its own has to fail on its own.
      if (size > payloadLimit && batch.length > 0) break
      batch.push({ stored, record })
    }
    for (const stored of buffer.splice(0, batch.length)) bytes -= weightOf(stored)
    return batch
  }

  async function loop(): Promise<void> {
    while (!signal.aborted) {
      if (buffer.length === 0) {
        await changed.promise
        continue
      }
      await waitForWindow()
      if (!signal.aborted) await options.run(take())
      // The window of the next batch begins when this one has ended.
      since = clock.now()
    }
  }

  return {
    push(record) {
      if (buffer.length === 0) since = clock.now()
      buffer.push(record)
      bytes += weightOf(record)
      wake()
    },
    ended: loop(),
  }
}

/** About as many bytes as it has in the event. */
function weightOf({ data, partitionKey }: StoredRecord): number {
  return Math.ceil(data.byteLength / 3) * 4 + partitionKey.length + 600
}
