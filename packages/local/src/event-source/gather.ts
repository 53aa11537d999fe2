import type { Clock } from '@spillway/message/internal'
import { type Batch, createBatch } from './batch.ts'
import type { Carry } from './carry.ts'
import type { QueueClient } from './queue-client.ts'

/** What {@link gather} takes. */
export interface GatherContext {
  readonly client: QueueClient
  readonly carry: Carry
  readonly clock: Clock
  readonly batchSize: number
  /** Seconds. */
  readonly batchingWindow: number
  /** Aborts when the event source stops. */
  readonly signal: AbortSignal
  /** Called when the first records have arrived. */
  readonly onFirst: () => void
}

/** Seconds. A waiting receive is not aborted, so stopping an idle event source takes up to this long. */
const longPoll = 1
/** Milliseconds between receives while few records arrive. A receive per record would keep a core busy. */
const trickle = 50
const mostReceives = 8

/**
 * Waits for a record and then fills a batch until it has `batchSize` records, the window since the first record has
 * passed, or the next record would make the payload too large. Resolves with `undefined` when no record arrived.
 */
export async function gather(context: GatherContext): Promise<Batch | undefined> {
  const { client, carry, clock, batchSize, batchingWindow, signal, onFirst } = context
  const builder = createBatch(batchSize)
  carry.put(builder.add(carry.take()))
  if (builder.batch() === undefined) {
    carry.put(builder.add(await client.receive(Math.min(10, batchSize), longPoll)))
  }
  const first = builder.batch()
  if (first === undefined) return undefined
  onFirst()
  if (batchingWindow === 0) return first

  const closes = first.receivedAt + batchingWindow * 1000
  let parallel = 1
  while (builder.room() > 0 && clock.now() < closes && !signal.aborted) {
    const sizes = receiveSizes(builder.room(), parallel)
    // A failed receive must not lose the records of the others. Its error is ignored: if it lasts, the next receive
    // fails, too.
    const receives = await Promise.allSettled(sizes.map((size) => client.receive(size, 0)))
    const arrived = receives.flatMap((receive) => (receive.status === 'fulfilled' ? receive.value : []))
    carry.put(builder.add(arrived))
    const plenty = arrived.length === sizes.reduce((sum, size) => sum + size, 0)
    parallel = plenty ? Math.min(mostReceives, parallel * 2) : 1
    if (!plenty) await clock.sleep(Math.max(1, Math.min(trickle, closes - clock.now())), signal)
  }
  return builder.batch()
}

function receiveSizes(room: number, parallel: number): readonly number[] {
  const count = Math.min(parallel, Math.ceil(room / 10))
  return Array.from({ length: count }, (_, index) => Math.min(10, room - index * 10))
}
