import { consoleLogger, SpillwayError } from '@spillway/message'
import { quietLogger } from '@spillway/message/internal'

/** The results of a batch, one for each record in order, from which a middleware makes `batchItemFailures`. */
export type Settled = readonly PromiseSettledResult<undefined>[]

/** In the global registry, because an app may load this module twice: in a bundle and beside it. */
const reported = Symbol.for('spillway.reported')

/**
 * Throws when the list itself becomes JSON: as the answer of a function Lambda would take it for success and delete every
 * message. As a part of something else, a log line for example, it becomes JSON like any list.
 */
const unanswered = descriptorOf(function toJSON(this: Settled, key?: string) {
  if (key !== '') return [...this]
  const error = new SpillwayError(
    'SPILLWAY_CHAIN_INVALID',
    'The settled results of batch() are about to become the answer to Lambda, which would take them for success and delete every message: use sqsPartialBatchFailure() of @spillway/sqs or kinesisPartialBatchFailure() of @spillway/kinesis as the first middleware. In a test, compare the results and not their JSON.',
  )
  // Logged here, because Lambda's runtime reports only "Unable to stringify response body".
  quietLogger(consoleLogger).error('spillway: the results of a batch are not an answer to Lambda.', { error })
  throw error
})

/** Without partial failures the answer has none: a failure was thrown. */
const complete = descriptorOf(() => ({ batchItemFailures: [] }))

/**
 * Marks the results of `batch`, which has logged their failures.
 *
 * @param partialFailures whether a middleware must make the answer from them; otherwise they become an answer themselves
 */
export function markSettled<Results extends Settled>(results: Results, partialFailures: boolean): Results {
  return Object.defineProperty(results, 'toJSON', partialFailures ? unanswered : complete)
}

/** Whether the failures in results were logged already. */
export function isReported(results: unknown): boolean {
  const { toJSON } = Object(results) as { readonly toJSON?: { readonly [reported]?: boolean } }
  return toJSON?.[reported] === true
}

/** One descriptor for all lists, so that a batch does not create a closure. */
function descriptorOf(toJSON: (this: Settled, key?: string) => unknown): PropertyDescriptor {
  return Object.freeze({ value: Object.assign(toJSON, { [reported]: true }) })
}
