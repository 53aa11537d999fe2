import middy from '@middy/core'
import { done } from '@spillway/message'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { batch } from '../index.ts'
import { order } from './order.ts'

// Functions of an app that runs on the local Lambda: one chain that is right, and some that are not.

const source = () =>
  sqsSource({
    queueUrl: process.env.QUEUE_URL,
    deadLetterQueueUrl: `${process.env.QUEUE_URL}-dlq`,
  })
const writeAll = batch(order, async (records) => records.map(() => done()))

/** As it is documented. */
export const right = middy().use(sqsPartialBatchFailure()).use(source()).handler(writeAll)

/** Nothing makes an answer of the results. */
export const unanswered = middy().use(source()).handler(writeAll)

/** A middleware answers errors as one of HTTP does. */
export const httpErrors = middy()
  .use(sqsPartialBatchFailure())
  .use(source())
  .use({ onError: () => ({ statusCode: 500 }) })
  .before(() => {
    throw new Error('no secret')
  })
  .handler(writeAll)
