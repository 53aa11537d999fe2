import middy from '@middy/core'
import { batch } from '@spillway/batch'
import { closeAfterInvocation, kyselyWriter, postgresPool } from '@spillway/kysely'
import { defineMessage } from '@spillway/message'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { z } from 'zod'

const order = defineMessage({
  name: 'order.placed',
  schema: z.object({ id: z.uuid(), amount: z.int() }),
  key: ({ id }) => id,
})

const pool = postgresPool({ Pool, connectionString: process.env.DATABASE_URL })
const db = new Kysely<{ orders: { id: string; amount: number } }>({
  dialect: new PostgresDialect({ pool }),
})

export const handler = middy()
  .use(closeAfterInvocation(pool, { keepWithinMillis: 100 }))
  .use(sqsPartialBatchFailure())
  .use(
    sqsSource({
      queueUrl: process.env.QUEUE_URL,
      deadLetterQueueUrl: process.env.DEAD_LETTER_QUEUE_URL,
    }),
  )
  .handler(batch(order, kyselyWriter({ db, insertInto: 'orders', row: ({ body }) => body, conflict: 'id' })))
