import middy from '@middy/core'
import { batch, eachRecord } from '@spillway/batch'
import { kinesisPartialBatchFailure, kinesisSource } from '@spillway/kinesis'
import { sqsDeadLetter } from '@spillway/kinesis/sqs'
import { done, type MessageRecord, plainJson } from '@spillway/message'
import { type Order, order } from './message.ts'
import { save } from './save.ts'

const recordHandler = async ({ body }: MessageRecord<Order>) => {
  await save(body)
  return done()
}

export const handler = middy()
  .use(kinesisPartialBatchFailure())
  .use(
    kinesisSource({
      deadLetter: sqsDeadLetter({ queueUrl: process.env.PARKED_QUEUE_URL }),
      decode: plainJson(),
    }),
  )
  .handler(batch(order, eachRecord(recordHandler)))
