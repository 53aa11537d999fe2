/**
 * Helpers for the tests of an app: invoke a worker as Lambda does.
 *
 * @module
 */
import { checkOptions, integer, type OptionRules } from '@spillway/message/internal'

/** The answer of a worker to Lambda: the records that are to be delivered again. */
export interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[]
}

/** Options of {@link invoke}. */
export interface InvokeOptions {
  /** The time of the invocation in milliseconds, 1 to 900,000. Default 30,000. */
  readonly remainingTime?: number
}

const rules: OptionRules<InvokeOptions> = { remainingTime: integer(1, 900_000) }

/**
 * Invokes a worker as Lambda does: with a copy of the event and a context whose time runs. The answer passes through
 * JSON. Rejects when the handler rejects, which Lambda counts as an error of the function.
 *
 * @example
 * ```ts
 * import middy from '@middy/core'
 * import { batch } from '@spillway/batch'
 * import { invoke } from '@spillway/batch/testing'
 * import { defineMessage, done } from '@spillway/message'
 * import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
 * import { sqsEvent } from '@spillway/sqs/testing'
 * import * as z from 'zod'
 *
 * const order = defineMessage({ name: 'order.placed', schema: z.object({ id: z.string() }) })
 * const queueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/test'
 *
 * const handler = middy()
 *   .use(sqsPartialBatchFailure())
 *   .use(sqsSource({ queueUrl, deadLetterQueueUrl: `${queueUrl}-dlq` }))
 *   .handler(batch(order, async (records) => records.map(() => done())))
 *
 * export const { batchItemFailures } = await invoke(handler, await sqsEvent(order, [{ id: 'a' }]))
 * ```
 *
 * @throws TypeError when the answer has no `batchItemFailures`.
 */
export async function invoke<Event>(
  handler: (event: Event, context: never) => unknown,
  event: NoInfer<Event>,
  options: InvokeOptions = {},
): Promise<BatchResponse> {
  checkOptions('invoke', options, rules)
  const { remainingTime = 30_000 } = options
  const answer: unknown = await handler(copyOf(event), contextWith(remainingTime) as never)
  const response = (answer === undefined ? undefined : copyOf(answer)) as Partial<BatchResponse> | undefined
  if (Array.isArray(response?.batchItemFailures)) return response as BatchResponse
  throw new TypeError(
    'The answer of the handler has no batchItemFailures: use sqsPartialBatchFailure() or kinesisPartialBatchFailure() as its first middleware.',
  )
}

/** A copy by JSON, so that middlewares do not change the event of the test. */
function copyOf<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value
}

/** Lambda's context. */
function contextWith(remainingTime: number) {
  const end = performance.now() + remainingTime
  const functionName = 'test'
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    memoryLimitInMB: '512',
    awsRequestId: crypto.randomUUID(),
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'test',
    getRemainingTimeInMillis: () => Math.max(0, end - performance.now()),
  }
}
