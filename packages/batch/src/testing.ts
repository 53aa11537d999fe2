/**
 * Helpers for the tests of an app: a worker is invoked as Lambda does it.
 *
 * @module
 */
import { checkOptions, integer, type OptionRules } from '@spillway/message/internal'

/** What Lambda gets of a worker: the records that are to be delivered again. */
export interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[]
}

/** What {@link invoke} takes beside the handler and the event. */
export interface InvokeOptions {
  /** Milliseconds that the invocation has, 1 to 900,000. Default 30,000. */
  readonly remainingTime?: number
}

const rules: OptionRules<InvokeOptions> = { remainingTime: integer(1, 900_000) }

/**
 * Invokes a worker as Lambda does: with a copy of the event, a context whose time runs, and what JSON makes of the
 * answer. Rejects with what the handler rejects with, which Lambda counts as an error of the function.
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
 * @throws TypeError when Lambda could make nothing of the answer.
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
    'The handler did not answer with batchItemFailures: use sqsPartialBatchFailure() or kinesisPartialBatchFailure() as its first middleware.',
  )
}

/** What comes out of JSON: a middleware that puts something on the event leaves that of the test as it is. */
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
