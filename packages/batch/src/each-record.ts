import type { EachRecord, RecordHandler } from '@spillway/message'
import { checkOptions, integer, isFunction, type OptionRules, required } from '@spillway/message/internal'

/** Options of {@link eachRecord}. */
export interface EachRecordOptions {
  /** How many records of a batch are handled at once, 1 to 1,000. Default 10. */
  readonly concurrency?: number
}

const rules: OptionRules<EachRecordOptions> = { concurrency: integer(1, 1000) }

/**
 * Makes a handler of single records for `batch`, in place of a writer for whole batches.
 *
 * Lanes run in parallel and each in order, at most `concurrency` records at once. A lane stops at its first record that
 * is to be retried: the records behind it are retried as well. When only the guard of the invocation's time is left, no
 * record is begun, and `limit.signal` aborts for records in flight.
 *
 * If the handler returns anything but an outcome, the record is retried; what it throws goes to `onError` of `batch`.
 *
 * @example
 * ```ts
 * import { batch, eachRecord } from '@spillway/batch'
 * import { defineMessage, done } from '@spillway/message'
 * import * as z from 'zod'
 *
 * const order = defineMessage({ name: 'order.placed', schema: z.object({ id: z.uuid() }) })
 *
 * export const handler = batch(
 *   order,
 *   eachRecord(async ({ body }, { signal }) => {
 *     await fetch(`https://example.com/orders/${body.id}`, { method: 'PUT', signal })
 *     return done()
 *   }),
 * )
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown or out of range.
 */
export function eachRecord<Body>(
  handle: RecordHandler<Body>,
  options: EachRecordOptions = {},
): EachRecord<Body> {
  checkOptions('eachRecord', { handle }, { handle: required(isFunction) })
  checkOptions('eachRecord', options, rules)
  const { concurrency = 10 } = options
  return Object.freeze({ kind: 'each-record', handle, concurrency })
}
