import type { Clock } from '@spillway/message/internal'
import type { QueueClient } from './queue-client.ts'
import type { SqsRecord } from './record.ts'

const attempts = 3
/** Milliseconds before the second attempt; twice as long before the third. */
const pause = 100
const parallel = 8

/**
 * Deletes records in tens and tries three times. Gives those that could not be deleted: the queue delivers them
 * again.
 */
export async function deleteRecords(
  client: QueueClient,
  clock: Clock,
  records: readonly SqsRecord[],
): Promise<readonly SqsRecord[]> {
  const tens = Array.from({ length: Math.ceil(records.length / 10) }, (_, index) =>
    records.slice(index * 10, index * 10 + 10),
  )
  const left: SqsRecord[] = []
  async function work(): Promise<void> {
    for (let ten = tens.shift(); ten !== undefined; ten = tens.shift()) {
      left.push(...(await deleteTen(client, clock, ten)))
    }
  }
  await Promise.all(Array.from({ length: Math.min(parallel, tens.length) }, work))
  return left
}

async function deleteTen(
  client: QueueClient,
  clock: Clock,
  records: readonly SqsRecord[],
): Promise<readonly SqsRecord[]> {
  let left = records
  for (let attempt = 1; ; attempt++) {
    const tried = left
    left = await client.remove(tried).catch(() => tried)
    if (left.length === 0 || attempt === attempts) return left
    await clock.sleep(pause * attempt)
  }
}
