import middy from '@middy/core'
import { batch } from '@spillway/batch'
import { kyselyWriter, postgresPool } from '@spillway/kysely'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import type { Database } from '../../database/dialect.ts'
import { rowMessage } from '../../handlers/row-message.ts'

const db = new Kysely<Database>({
  dialect: new PostgresDialect({
    pool: postgresPool({ Pool, connectionString: process.env.DATABASE_URL, connections: 1 }),
  }),
})

/** Writes a row for each message, as `writeRows` does in a simulation. */
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
      rowMessage,
      kyselyWriter({
        db,
        insertInto: 'rows',
        row: ({ key, time }) => ({ id: key, sent_at: time }),
        conflict: 'id',
      }),
    ),
  )
