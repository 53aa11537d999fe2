import middy from '@middy/core'
import { batch, eachRecord } from '@spillway/batch'
import { done, envelope, firstOf, type MessageRecord, plainJson } from '@spillway/message'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { type Order, order } from './message.ts'
import { save } from './save.ts'

const { QUEUE_URL, DEAD_LETTER_QUEUE_URL } = process.env

const recordHandler = async ({ body }: MessageRecord<Order>) => {
  await save(body)
  return done()
}

export const handler = middy()
  .use(sqsPartialBatchFailure())
  .use(
    sqsSource({
      queueUrl: QUEUE_URL,
      deadLetterQueueUrl: DEAD_LETTER_QUEUE_URL,
      decode: firstOf(envelope(), plainJson()),
    }),
  )
  .handler(batch(order, eachRecord(recordHandler)))
