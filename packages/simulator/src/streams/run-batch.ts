import type { Invocation } from '../functions/functions.ts'
import type { Backlog } from './backlog.ts'
import type { ShardOptions, ShardWorld, StreamRecord } from './types.ts'

/** Invokes the function with the first `count` records of a backlog until they are done or discarded. */
export async function runBatch(
  count: number,
  backlog: Backlog,
  options: ShardOptions,
  world: ShardWorld,
): Promise<void> {
  const { bisectBatchOnFunctionError, maximumRetryAttempts } = options
  let left = count
  let retries = 0
  while (left > 0) {
    const batch = backlog.first(left)
    for (const record of batch) record.deliveries += 1
    const invocation = await world.functions.invoke(world.toEvent(batch))
    const done = countDone(invocation, batch, world.idOf)
    world.done(backlog.take(done))
    left -= done
    if (left === 0) return
    if (done > 0) {
      retries = 0
      continue
    }
    if (backlog.isTooOld() || retries === maximumRetryAttempts) {
      world.failed(backlog.take(left))
      return
    }
    if (bisectBatchOnFunctionError && invocation.kind !== 'answer' && left > 1) {
      const half = Math.ceil(left / 2)
      await runBatch(half, backlog, options, world)
      left -= half
    } else retries += 1
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
