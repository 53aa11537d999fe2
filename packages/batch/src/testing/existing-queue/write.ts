import middy from '@middy/core'
import { kyselyParkedStore, kyselyWriter, postgresPool } from '@spillway/kysely'
import { envelope, firstOf, named, plainJson } from '@spillway/message'
import {
  eventBridgeEvent,
  s3Notification,
  snsNotification,
  sqsPartialBatchFailure,
  sqsRecordOf,
  sqsSource,
} from '@spillway/sqs'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { batch, route } from '../../index.ts'
import { order, upload } from './messages.ts'

interface Tables {
  orders: { id: string; customer: string; via: string | null }
  uploads: { key: string; object: string }
}

const db = new Kysely<Tables>({
  dialect: new PostgresDialect({
    pool: postgresPool({ Pool, connectionString: process.env.DATABASE_URL, connections: 1 }),
  }),
})
const orderJson = plainJson({ name: ({ type }) => (type === undefined ? order.name : type) })

/** The worker of a queue that had producers of every kind before it. */
export const handler = middy()
  .use(sqsPartialBatchFailure())
  .use(
    sqsSource({
      queueUrl: process.env.QUEUE_URL,
      deadLetterQueueUrl: process.env.DEAD_LETTER_QUEUE_URL,
      parked: kyselyParkedStore({ db }),
      decode: firstOf(
        envelope(),
        named(order.name, eventBridgeEvent()),
        named(upload.name, s3Notification()),
        snsNotification(orderJson),
      ),
    }),
  )
  .handler(
    batch([
      route(
        order,
        kyselyWriter({
          db,
          insertInto: 'orders',
          row: (message) => ({
            id: message.key,
            customer: message.body.customer,
            via: sqsRecordOf(message).messageAttributes.via?.stringValue ?? null,
          }),
          conflict: 'id',
        }),
      ),
      route(
        upload,
        kyselyWriter({
          db,
          insertInto: 'uploads',
          row: ({ key, body }) => ({ key, object: body.Records.map(({ s3 }) => s3.object.key).join() }),
          conflict: 'key',
        }),
      ),
    ]),
  )
