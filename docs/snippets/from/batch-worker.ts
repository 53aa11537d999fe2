import middy from '@middy/core'
import { batch } from '@spillway/batch'
import { done, plainJson } from '@spillway/message'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { order } from '../adopting/message.ts'
import { saveAll } from './save-all.ts'

export const handler = middy()
  .use(sqsPartialBatchFailure())
  .use(
    sqsSource({
      queueUrl: process.env.QUEUE_URL,
      deadLetterQueueUrl: process.env.DEAD_LETTER_QUEUE_URL,
      decode: plainJson(),
    }),
  )
  .handler(
    batch(order, async (records) => {
      await saveAll(records.map(({ body }) => body))
      return records.map(() => done())
    }),
  )
