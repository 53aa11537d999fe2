import middy from '@middy/core'
import { batch, eachRecord } from '@spillway/batch'
import { done, plainJson } from '@spillway/message'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { order, save } from './message.ts'

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
    batch(
      order,
      eachRecord(async ({ key, body }) => {
        await save(key, body)
        return done()
      }),
    ),
  )
