import middy from '@middy/core'
import { batch } from '@spillway/batch'
import { kyselyWriter } from '@spillway/kysely'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { db } from './database.ts'
import { order } from './message.ts'

const queueUrl = process.env.QUEUE_URL
const deadLetterQueueUrl = process.env.DEAD_LETTER_QUEUE_URL

export const handler = middy()
  .use(sqsPartialBatchFailure())
  .use(sqsSource({ queueUrl, deadLetterQueueUrl }))
  .handler(
    batch(
      order,
      kyselyWriter({
        db,
        insertInto: 'orders',
        row: ({ body }) => body,
        conflict: 'id',
      }),
    ),
  )
