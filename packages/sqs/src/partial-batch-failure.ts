import type { MiddlewareObj } from '@middy/core'
import middysPartialBatchFailure from '@middy/sqs-partial-batch-failure'
import { consoleLogger, type Logger } from '@spillway/message'
import { checkOptions, type OptionRules, objectWith, quietLogger } from '@spillway/message/internal'
import { answerHooks, type BatchAnswer, type Failure } from '@spillway/transport'
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { messageIds } from './queue-records.ts'

/** What {@link sqsPartialBatchFailure} takes. */
export interface SqsPartialBatchFailureOptions {
  /**
   * Gets one line for each batch that was not done, with what the first failure threw. `batch` of `@spillway/batch` says
   * that itself: for its results there is no line. Default: the console.
   */
  readonly logger?: Logger
}

const rules: OptionRules<SqsPartialBatchFailureOptions> = { logger: objectWith('info', 'warn', 'error') }

/** How many ids a line names. */
const namedIds = 10

/**
 * Turns the settled results of a handler, one for each record, into `batchItemFailures`. Use it before all other
 * middlewares, and set `ReportBatchItemFailures` on the event source mapping: without that flag Lambda deletes the failed
 * messages.
 *
 * Lambda takes whatever a function answers for success and deletes the messages. So all else is an error of the
 * invocation: nothing is deleted, and the metric `Errors` and the log have it.
 *
 * - What a middleware or the handler throws goes on to Lambda. What other middlewares answer to it is dropped.
 * - An event that is not one of SQS throws, whatever stands behind this middleware.
 * - A handler that does not answer one settled result for each record throws, as does another middleware that answers in
 *   its place.
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
 * `SPILLWAY_SOURCE_MISSING` for an event of another service, and with `SPILLWAY_CHAIN_INVALID` for middlewares that are
 * put together wrongly.
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
      line: 'spillway: records of a queue are not done, and are delivered again.',
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

/** The part of middy's own middleware that is right as it is: it gets results that have a place for each record. */
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
