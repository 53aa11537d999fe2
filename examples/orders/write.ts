import middy from '@middy/core'
import { batch } from '@spillway/batch'
import { kyselyParkedStore, kyselyWriter } from '@spillway/kysely'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { db } from './database.ts'
import { order } from './message.ts'
import { toRow } from './row.ts'

/** Writes orders in batches: one statement per batch, one row per order however often it is delivered. */
export const handler = middy()
  .use(sqsPartialBatchFailure())
  .use(
    sqsSource({
      queueUrl: process.env.QUEUE_URL,
      deadLetterQueueUrl: process.env.DEAD_LETTER_QUEUE_URL,
      parked: kyselyParkedStore({ db }),
    }),
  )
  .handler(
    batch(
      order,
      kyselyWriter({
        db,
        insertInto: 'orders',
        row: (message) => toRow(message.body, message.time),
        conflict: 'id',
      }),
    ),
  )
