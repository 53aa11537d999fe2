import middy from '@middy/core'
import { batch } from '@spillway/batch'
import { kyselyWriter, postgresPool } from '@spillway/kysely'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { order } from './message.ts'

interface Tables {
  orders: { id: string; customer: string; cents: number }
}

const db = new Kysely<Tables>({
  dialect: new PostgresDialect({
    pool: postgresPool({ Pool, connectionString: process.env.DATABASE_URL }),
  }),
})

/** Writes: one statement for a batch of orders. */
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
      kyselyWriter({
        db,
        insertInto: 'orders',
        row: ({ body }) => body,
        conflict: 'id',
      }),
    ),
  )
