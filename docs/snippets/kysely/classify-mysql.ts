import { kyselyWriter } from '@spillway/kysely'
import type { MessageRecord } from '@spillway/message'
import type { Kysely } from 'kysely'
import type { Database } from './database.ts'
import type { Order } from './message.ts'

export const ordersWriter = (db: Kysely<Database>) =>
  kyselyWriter({
    db,
    insertInto: 'orders',
    row: ({ key, body }: MessageRecord<Order>) => ({ id: key, customer: body.customer }),
    conflict: 'id',
    classify: { MYSQL_31001: 'park', MYSQL_31503: 'unavailable' },
  })
