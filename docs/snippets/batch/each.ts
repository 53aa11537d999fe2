import middy from '@middy/core'
import { batch, eachRecord } from '@spillway/batch'
import { done, park } from '@spillway/message'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { order } from './message.ts'

const { QUEUE_URL, DEAD_LETTER_QUEUE_URL } = process.env

export const handler = middy()
  .use(sqsPartialBatchFailure())
  .use(sqsSource({ queueUrl: QUEUE_URL, deadLetterQueueUrl: DEAD_LETTER_QUEUE_URL }))
  .handler(
    batch(
      order,
      eachRecord(
        async ({ key, body }, { signal }) => {
          const answer = await fetch('https://billing.example.com/invoices', {
            method: 'POST',
            headers: { 'idempotency-key': key },
            body: JSON.stringify({ order: body.id, cents: body.cents }),
            signal,
          })
          if (answer.status === 422)
            return park({ code: 'BILLING_REFUSED', detail: 'Billing refuses the order.' })
          if (!answer.ok) throw new Error(`billing answered ${answer.status}`)
          return done()
        },
        { concurrency: 20 },
      ),
    ),
  )
