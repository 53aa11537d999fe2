import type { MiddlewareObj } from '@middy/core'
import { consoleLogger, type Logger } from '@spillway/message'
import { checkOptions, type OptionRules, objectWith, quietLogger } from '@spillway/message/internal'
import { answerHooks } from '@spillway/transport'
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda'
import { isSequenceNumber } from './sequence-number.ts'
import { sequenceNumbers } from './stream-records.ts'

/** What {@link kinesisPartialBatchFailure} takes. */
export interface KinesisPartialBatchFailureOptions {
  /**
   * Gets one line for each batch that was not done, with what the first failure threw. `batch` of `@spillway/batch` says
   * that itself: for its results there is no line. Default: the console.
   */
  readonly logger?: Logger
}

const rules: OptionRules<KinesisPartialBatchFailureOptions> = { logger: objectWith('info', 'warn', 'error') }

/**
 * Turns the settled results of a handler, one for each record, into the `batchItemFailures` of a stream: the lowest
 * sequence number that failed and nothing else. Lambda goes on from there, with that record and all after it. A place that
 * holds anything but a fulfilled result fails its record.
 *
 * Use it before all other middlewares, and set `ReportBatchItemFailures` on the event source mapping: without that flag
 * Lambda ignores the answer and goes on.
 *
 * Lambda takes whatever a function answers for success and goes on behind the batch. So all else is an error of the
 * invocation: nothing is passed over, the metric `Errors` and the log have it, and `BisectBatchOnFunctionError` halves
 * the batch. An answer would split it at the first record, which divides nothing.
 *
 * - What a middleware or the handler throws goes on to Lambda. What other middlewares answer to it is dropped.
 * - An event that is not one of Kinesis throws, whatever stands behind this middleware.
 * - A handler that does not answer one settled result for each record throws, as does another middleware that answers in
 *   its place.
 *
 * Source: AWS Lambda Developer Guide, "Configuring partial batch response with Kinesis Data Streams and Lambda".
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown or of the wrong kind; the handler rejects with
 * `SPILLWAY_SOURCE_MISSING` for an event of another service, and with `SPILLWAY_CHAIN_INVALID` for middlewares that are
 * put together wrongly.
 */
export function kinesisPartialBatchFailure(
  options: KinesisPartialBatchFailureOptions = {},
): MiddlewareObj<KinesisStreamEvent, KinesisStreamBatchResponse> {
  checkOptions('kinesisPartialBatchFailure', options, rules)
  const { before, after, onError } = answerHooks(
    {
      owner: 'kinesisPartialBatchFailure',
      idsOf: sequenceNumbers,
      answerOf: (failures, ids) => ({
        batchItemFailures: [{ itemIdentifier: lowestOf(failures.map(({ place }) => ids[place])) }],
      }),
      line: 'spillway: records of a stream are not done, and are delivered again from the first of them on.',
      fieldsOf: ([checkpoint]) => ({ checkpoint }),
    },
    quietLogger(options.logger ?? consoleLogger),
  )
  return {
    before: function kinesisPartialBatchFailureBefore(request) {
      before(request)
    },
    after: function kinesisPartialBatchFailureAfter(request) {
      return after(request)
    },
    onError: function kinesisPartialBatchFailureOnError(request) {
      onError(request)
    },
  }
}

/**
 * The lowest of sequence numbers, by their value: they are texts of different lengths. Empty text, which fails the whole
 * batch, when one of them is none.
 */
function lowestOf(numbers: readonly unknown[]): string {
  let lowest: string | undefined
  for (const sequenceNumber of numbers) {
    if (!isSequenceNumber(sequenceNumber)) return ''
    if (lowest === undefined || BigInt(sequenceNumber) < BigInt(lowest)) lowest = sequenceNumber
  }
  return lowest ?? ''
}
