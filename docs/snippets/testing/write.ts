import middy from '@middy/core'
import { batch, eachRecord } from '@spillway/batch'
import { done } from '@spillway/message'
import { type SqsClient, sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { type Order, order } from './message.ts'

const queueUrl = process.env.QUEUE_URL ?? 'https://sqs.us-east-1.amazonaws.com/000000000000/orders'

/** The writing side. A test passes its own `save`, and an SQS client without effect. */
export const createHandler = (save: (order: Order) => Promise<void>, client?: SqsClient) =>
  middy()
    .use(sqsPartialBatchFailure())
    .use(
      sqsSource({
        queueUrl,
        deadLetterQueueUrl: `${queueUrl}-dlq`,
        ...(client && { client }),
      }),
    )
    .handler(
      batch(
        order,
        eachRecord(async ({ body }) => {
          await save(body)
          return done()
        }),
      ),
    )
