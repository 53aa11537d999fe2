import { consoleLogger, SpillwayError } from '@spillway/message'
import { quietLogger } from '@spillway/message/internal'

/** What became of each record of a batch, in order: what a middleware turns into `batchItemFailures`. */
export type Settled = readonly PromiseSettledResult<undefined>[]

/** Of the global registry, because an app may have this module twice: in a bundle and beside it. */
const reported = Symbol.for('spillway.reported')

/**
 * Lambda takes a list for success and deletes every message, so a list that would be the answer of a function throws
 * when it becomes JSON. As a part of something else, a line of a log for example, it is a list like any other.
 */
const unanswered = descriptorOf(function toJSON(this: Settled, key?: string) {
  if (key !== '') return [...this]
  const error = new SpillwayError(
    'SPILLWAY_CHAIN_INVALID',
    'The settled results of batch() are about to become the answer to Lambda, which would take them for success and delete every message: use sqsPartialBatchFailure() of @spillway/sqs or kinesisPartialBatchFailure() of @spillway/kinesis as the first middleware. In a test, compare the results and not their JSON.',
  )
  // Lambda's runtime says no more than "Unable to stringify response body".
  quietLogger(consoleLogger).error('spillway: the results of a batch are no answer to Lambda.', { error })
  throw error
})

/** Where Lambda knows of no failures the answer is that there are none: what failed was thrown. */
const complete = descriptorOf(() => ({ batchItemFailures: [] }))

/**
 * Marks the results of `batch`, which reports failures itself. They must not reach Lambda as they are.
 *
 * @param partialFailures whether a middleware is to turn them into an answer; without one they are an answer themselves
 */
export function markSettled<Results extends Settled>(results: Results, partialFailures: boolean): Results {
  return Object.defineProperty(results, 'toJSON', partialFailures ? unanswered : complete)
}

/** Whether failures among results were reported by what answered them. */
export function isReported(results: unknown): boolean {
  const { toJSON } = Object(results) as { readonly toJSON?: { readonly [reported]?: boolean } }
  return toJSON?.[reported] === true
}

/** One descriptor for all lists: a closure for each would cost every batch. */
function descriptorOf(toJSON: (this: Settled, key?: string) => unknown): PropertyDescriptor {
  return Object.freeze({ value: Object.assign(toJSON, { [reported]: true }) })
}
