import middy from '@middy/core'
import { batch, eachRecord } from '@spillway/batch'
import { kinesisPartialBatchFailure, kinesisSource } from '@spillway/kinesis'
import { sqsDeadLetter } from '@spillway/kinesis/sqs'
import { done } from '@spillway/message'
import { order } from './message.ts'

export const handler = middy()
  .use(kinesisPartialBatchFailure())
  .use(kinesisSource({ deadLetter: sqsDeadLetter({ queueUrl: process.env.PARKED_QUEUE_URL }) }))
  .handler(
    batch(
      order,
      eachRecord(async ({ key, body }, { signal }) => {
        const answer = await fetch('https://billing.example.com/invoices', {
          method: 'POST',
          headers: { 'idempotency-key': key },
          body: JSON.stringify({ order: body.id, cents: body.cents }),
          signal,
        })
        if (!answer.ok) throw new Error(`billing answered ${answer.status}`)
        return done()
      }),
    ),
  )
