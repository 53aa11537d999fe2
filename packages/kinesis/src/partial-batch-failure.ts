import type { MiddlewareObj } from '@middy/core'
import { consoleLogger, type Logger } from '@spillway/message'
import { checkOptions, type OptionRules, objectWith, quietLogger } from '@spillway/message/internal'
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda'
import { isSequenceNumber } from './sequence-number.ts'

/** What {@link kinesisPartialBatchFailure} takes. */
export interface KinesisPartialBatchFailureOptions {
  /** Gets one line for each batch that was not done, with what the first failure threw. Default: the console. */
  readonly logger?: Logger
}

const rules: OptionRules<KinesisPartialBatchFailureOptions> = { logger: objectWith('info', 'warn', 'error') }

/**
 * Turns the settled results of a handler, one for each record, into the `batchItemFailures` of a stream: the lowest
 * sequence number that failed and nothing else. Lambda goes on from there, with that record and all after it.
 *
 * Whatever is not a list of one settled result per record (`undefined`, too few, too many) fails the whole batch: its
 * lowest sequence number is answered. So does a place that holds anything but a fulfilled result, for its record.
 *
 * An error that the handler or a middleware throws is not turned into an answer: it goes on to Lambda, so that the metric
 * `Errors` counts it, and so that `BisectBatchOnFunctionError` halves the batch. An answer would split it at the first
 * record, which divides nothing. Used before all other middlewares, it takes back what an `onError` of theirs set as the
 * answer: Lambda would take that for success.
 *
 * The event source mapping needs `ReportBatchItemFailures`: without it Lambda ignores the answer and goes on.
 *
 * Source: AWS Lambda Developer Guide, "Configuring partial batch response with Kinesis Data Streams and Lambda".
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown or of the wrong kind.
 */
export function kinesisPartialBatchFailure(
  options: KinesisPartialBatchFailureOptions = {},
): MiddlewareObj<KinesisStreamEvent, KinesisStreamBatchResponse> {
  checkOptions('kinesisPartialBatchFailure', options, rules)
  const logger = quietLogger(options.logger ?? consoleLogger)

  return {
    after: function kinesisPartialBatchFailureAfter(request) {
      const sequenceNumbers = request.event.Records.map((record) => record?.kinesis?.sequenceNumber)
      const failed = failedPlaces(request.response, sequenceNumbers.length)
      request.response = { batchItemFailures: [] }
      if (failed.length === 0) return
      const checkpoint = lowestOf(failed.map(({ place }) => sequenceNumbers[place]))
      request.response = { batchItemFailures: [{ itemIdentifier: checkpoint }] }
      const [first] = failed
      logger.error(
        'spillway: records of a stream are not done, and are delivered again from the first of them on.',
        {
          failed: failed.length,
          records: sequenceNumbers.length,
          checkpoint,
          error: first?.reason,
        },
      )
    },
    // Without an answer middy throws the error on.
    onError: function kinesisPartialBatchFailureOnError(request) {
      request.response = undefined
    },
  }
}

/** A record that is not done, and why. */
interface Failure {
  readonly place: number
  readonly reason: unknown
}

/** Which records are not done. Fail closed: only a fulfilled result in its place is success. */
function failedPlaces(results: unknown, count: number): readonly Failure[] {
  if (!Array.isArray(results) || results.length !== count) {
    const reason = new Error(`The handler did not answer one settled result for each of ${count} records.`)
    return Array.from({ length: count }, (_, place) => ({ place, reason }))
  }
  return Array.from(results, (result: Partial<PromiseSettledResult<unknown>> | undefined, place) => ({
    place,
    fulfilled: result?.status === 'fulfilled',
    reason: result?.status === 'rejected' ? result.reason : new Error('A place holds no settled result.'),
  })).filter(({ fulfilled }) => !fulfilled)
}

/**
 * The lowest of sequence numbers, by their value: they are texts of different lengths. Empty text, which fails the whole
 * batch, when one of them is none.
 */
function lowestOf(sequenceNumbers: readonly unknown[]): string {
  let lowest: string | undefined
  for (const sequenceNumber of sequenceNumbers) {
    if (!isSequenceNumber(sequenceNumber)) return ''
    if (lowest === undefined || BigInt(sequenceNumber) < BigInt(lowest)) lowest = sequenceNumber
  }
  return lowest ?? ''
}
