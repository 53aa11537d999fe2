import type { Functions, Invocation } from '../functions/functions.ts'
import type { QueueMessage } from './message.ts'
import type { Queue } from './queue.ts'

/** What {@link deliverBatch} takes. */
export interface Delivery {
  readonly queue: Queue
  readonly functions: Functions
  readonly reportBatchItemFailures: boolean
  toEvent(messages: readonly QueueMessage[]): unknown
  /** The id of a message in responses. */
  idOf(message: QueueMessage): string
  deleted(messages: readonly QueueMessage[]): void
}

/** Invokes the function with a batch and deletes the messages that did not fail. */
export async function deliverBatch(batch: readonly QueueMessage[], delivery: Delivery): Promise<void> {
  const { queue, functions, reportBatchItemFailures, toEvent, idOf, deleted } = delivery
  const invocation = await functions.invoke(toEvent(batch))
  const failed = failedIds(invocation, batch.map(idOf), reportBatchItemFailures)
  if (failed === undefined) return
  const done = failed.size === 0 ? batch : batch.filter((message) => !failed.has(idOf(message)))
  for (const message of done) queue.delete(message)
  deleted(done)
}

/** The ids of the messages that stay in the queue; `undefined` for the whole batch. */
function failedIds(
  invocation: Invocation,
  ids: readonly string[],
  reportBatchItemFailures: boolean,
): ReadonlySet<string> | undefined {
  if (invocation.kind !== 'answer') return undefined
  if (!reportBatchItemFailures) return new Set()
  const { batchItemFailures } = Object(invocation.answer) as { readonly batchItemFailures?: unknown }
  if (batchItemFailures === undefined || batchItemFailures === null) return new Set()
  if (!Array.isArray(batchItemFailures)) return undefined
  const known = new Set(ids)
  const failed = batchItemFailures.map((failure) => Object(failure).itemIdentifier as unknown)
  return failed.every((id) => known.has(id as string)) ? new Set(failed as string[]) : undefined
}
