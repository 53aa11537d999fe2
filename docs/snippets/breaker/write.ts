import middy from '@middy/core'
import { batch } from '@spillway/batch'
import { kyselyWriter } from '@spillway/kysely'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { watch } from './breaker.ts'
import { db } from './database.ts'
import { order } from './message.ts'

export const handler = middy()
  .use(sqsPartialBatchFailure())
  .use(
    sqsSource({
      queueUrl: process.env.QUEUE_URL,
      deadLetterQueueUrl: process.env.DEAD_LETTER_QUEUE_URL,
    }),
  )
  .handler(
    batch(
      order,
      watch(
        kyselyWriter({
          db,
          insertInto: 'orders',
          row: ({ key, body }) => ({ id: key, customer: body.customer }),
          conflict: 'id',
        }),
      ),
    ),
  )
