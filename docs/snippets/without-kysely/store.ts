import middy from '@middy/core'
import { batch, eachRecord } from '@spillway/batch'
import { isUnavailable, retry } from '@spillway/message'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { order } from './message.ts'
import { storeOrder } from './store-order.ts'

const { QUEUE_URL, DEAD_LETTER_QUEUE_URL } = process.env

export const handler = middy()
  .use(sqsPartialBatchFailure())
  .use(sqsSource({ queueUrl: QUEUE_URL, deadLetterQueueUrl: DEAD_LETTER_QUEUE_URL }))
  .handler(
    batch(order, eachRecord(storeOrder, { concurrency: 20 }), {
      onError: (error) => retry({ unavailable: isUnavailable(error), cause: error }),
    }),
  )
