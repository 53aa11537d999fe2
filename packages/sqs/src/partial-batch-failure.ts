import type { MiddlewareObj } from '@middy/core'
import middysPartialBatchFailure from '@middy/sqs-partial-batch-failure'
import { consoleLogger, type Logger } from '@spillway/message'
import { checkOptions, type OptionRules, objectWith, quietLogger } from '@spillway/message/internal'
import { answerHooks, type BatchAnswer, type Failure } from '@spillway/transport'
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { messageIds } from './queue-records.ts'

/** Options of {@link sqsPartialBatchFailure}. */
export interface SqsPartialBatchFailureOptions {
  /**
   * Gets a line for each batch with failures, with the error of the first one. Not for the results of `batch` of
   * `@spillway/batch`, which logs its failures itself. Default: the console.
   */
  readonly logger?: Logger
}

const rules: OptionRules<SqsPartialBatchFailureOptions> = { logger: objectWith('info', 'warn', 'error') }

/** The most ids in a line. */
const namedIds = 10

/**
 * Makes `batchItemFailures` from the settled results of a handler, one for each record. Use it before all other
 * middlewares, and set `ReportBatchItemFailures` on the event source mapping: without that flag Lambda deletes the failed
 * messages.
 *
 * Lambda takes any other answer for success and deletes the messages. So everything else is an error of the invocation:
 * nothing is deleted, and the error is in the metric `Errors` and in the log.
 *
 * - The errors of a middleware or the handler go to Lambda. The answers of other middlewares to them are dropped.
 * - An event of another service throws.
 * - A handler that does not return one settled result for each record throws, and so does another middleware that answers
 *   in its place.
 *
 * @example
 * ```ts
 * import middy from '@middy/core'
 * import { sqsPartialBatchFailure } from '@spillway/sqs'
 * import type { SQSEvent } from 'aws-lambda'
 *
 * declare function save(order: unknown): Promise<void>
 *
 * export const handler = middy()
 *   .use(sqsPartialBatchFailure())
 *   .handler((event: SQSEvent) => Promise.allSettled(event.Records.map(({ body }) => save(JSON.parse(body)))))
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown or of the wrong kind; the handler rejects with
 * `SPILLWAY_SOURCE_MISSING` for an event of another service, and with `SPILLWAY_CHAIN_INVALID` for an invalid chain of
 * middlewares.
 */
export function sqsPartialBatchFailure(
  options: SqsPartialBatchFailureOptions = {},
): MiddlewareObj<SQSEvent, SQSBatchResponse> {
  checkOptions('sqsPartialBatchFailure', options, rules)
  const { before, after, onError } = answerHooks(
    {
      owner: 'sqsPartialBatchFailure',
      idsOf: messageIds,
      answerOf,
      line: 'spillway: records of a queue failed and are delivered again.',
      fieldsOf: (ids) => ({ ids: ids.slice(0, namedIds) }),
    },
    quietLogger(options.logger ?? consoleLogger),
  )
  return {
    before: function sqsPartialBatchFailureBefore(request) {
      before(request)
    },
    after: function sqsPartialBatchFailureAfter(request) {
      return after(request)
    },
    onError: function sqsPartialBatchFailureOnError(request) {
      onError(request)
    },
  }
}

const fulfilled = { status: 'fulfilled' }

/** Makes the answer by the middleware of middy. The results are complete here, which that middleware does not check. */
const middys = middysPartialBatchFailure({ logger: () => undefined }) as {
  after(request: object): Promise<void>
}

async function answerOf(failures: readonly Failure[], ids: readonly unknown[]): Promise<BatchAnswer> {
  const response: object[] = ids.map(() => fulfilled)
  for (const { place, reason } of failures) response[place] = { status: 'rejected', reason }
  const request: { response: unknown; event: object } = {
    event: { Records: ids.map((messageId) => ({ messageId })) },
    response,
  }
  await middys.after(request)
  return request.response as BatchAnswer
}
