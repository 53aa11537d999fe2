import type { MiddlewareObj } from '@middy/core'
import { consoleLogger, type Logger } from '@spillway/message'
import { checkOptions, type OptionRules, objectWith, quietLogger } from '@spillway/message/internal'
import { answerHooks } from '@spillway/transport'
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda'
import { isSequenceNumber } from './sequence-number.ts'
import { sequenceNumbers } from './stream-records.ts'

/** Options of {@link kinesisPartialBatchFailure}. */
export interface KinesisPartialBatchFailureOptions {
  /**
   * Gets a line for each batch with failures, with the error of the first one. Not for the results of `batch` of
   * `@spillway/batch`, which logs its failures itself. Default: the console.
   */
  readonly logger?: Logger
}

const rules: OptionRules<KinesisPartialBatchFailureOptions> = { logger: objectWith('info', 'warn', 'error') }

/**
 * Makes the `batchItemFailures` of a stream from the settled results of a handler, one for each record: the lowest sequence
 * number that failed. Lambda delivers that record and all after it again. Anything but a fulfilled result is a failure.
 *
 * Use it before all other middlewares, and set `ReportBatchItemFailures` on the event source mapping: without that flag
 * Lambda ignores the answer and skips failed records.
 *
 * Lambda takes any other answer for success and goes on after the batch. So everything else is an error of the invocation:
 * no record is skipped, the error is in the metric `Errors` and in the log, and `BisectBatchOnFunctionError` halves the
 * batch.
 *
 * - The errors of a middleware or the handler go to Lambda. The answers of other middlewares to them are dropped.
 * - An event of another service throws.
 * - A handler that does not return one settled result for each record throws, and so does another middleware that answers
 *   in its place.
 *
 * Source: AWS Lambda Developer Guide, "Configuring partial batch response with Kinesis Data Streams and Lambda".
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown or of the wrong kind; the handler rejects with
 * `SPILLWAY_SOURCE_MISSING` for an event of another service, and with `SPILLWAY_CHAIN_INVALID` for an invalid chain of
 * middlewares.
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
      line: 'spillway: records of a stream failed, and the stream is read again from the first of them.',
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
 * The lowest sequence number, compared as numbers, because texts of different lengths compare wrongly. Empty if one of them
 * is invalid, which makes Lambda retry the whole batch.
 */
function lowestOf(numbers: readonly unknown[]): string {
  let lowest: string | undefined
  for (const sequenceNumber of numbers) {
    if (!isSequenceNumber(sequenceNumber)) return ''
    if (lowest === undefined || BigInt(sequenceNumber) < BigInt(lowest)) lowest = sequenceNumber
  }
  return lowest ?? ''
}
