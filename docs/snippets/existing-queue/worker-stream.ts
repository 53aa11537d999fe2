import middy from '@middy/core'
import { batch, eachRecord } from '@spillway/batch'
import { kinesisPartialBatchFailure, kinesisSource } from '@spillway/kinesis'
import { sqsDeadLetter } from '@spillway/kinesis/sqs'
import { done, plainJson } from '@spillway/message'
import { order, save } from './message.ts'

export const handler = middy()
  .use(kinesisPartialBatchFailure())
  .use(
    kinesisSource({
      deadLetter: sqsDeadLetter({ queueUrl: process.env.PARKED_QUEUE_URL }),
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
