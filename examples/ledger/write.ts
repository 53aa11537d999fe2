import middy from '@middy/core'
import { batch } from '@spillway/batch'
import { kyselyParkedStore, kyselyTransaction } from '@spillway/kysely'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { applyTransfers } from './apply-transfers.ts'
import { db } from './database.ts'
import { transfer } from './message.ts'

/** Applies each transfer once, however often it is delivered, because its key is committed with its effect. */
export const handler = middy()
  .use(sqsPartialBatchFailure())
  .use(
    sqsSource({
      queueUrl: process.env.QUEUE_URL,
      deadLetterQueueUrl: process.env.DEAD_LETTER_QUEUE_URL,
      parked: kyselyParkedStore({ db }),
    }),
  )
  .handler(batch(transfer, kyselyTransaction({ db, transaction: applyTransfers })))
