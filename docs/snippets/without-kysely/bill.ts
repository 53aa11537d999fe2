import middy from '@middy/core'
import { batch, eachRecord } from '@spillway/batch'
import { isUnavailable, retry } from '@spillway/message'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { billOrder } from './bill-order.ts'
import { order } from './message.ts'

const { QUEUE_URL, DEAD_LETTER_QUEUE_URL } = process.env

export const handler = middy()
  .use(sqsPartialBatchFailure())
  .use(sqsSource({ queueUrl: QUEUE_URL, deadLetterQueueUrl: DEAD_LETTER_QUEUE_URL }))
  .handler(
    batch(order, eachRecord(billOrder, { concurrency: 20 }), {
      // An error that was thrown: no connection, or no response in time.
      onError: (error) => retry({ unavailable: isUnavailable(error), cause: error }),
    }),
  )
