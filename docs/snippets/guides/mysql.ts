import { kyselyWriter, mysqlPool } from '@spillway/kysely'
import type { MessageRecord } from '@spillway/message'
import { Kysely, MysqlDialect } from 'kysely'
import { createPool } from 'mysql2'

interface Database {
  orders: { id: string; customer: string; cents: number }
}

const db = new Kysely<Database>({
  dialect: new MysqlDialect({ pool: mysqlPool({ createPool, uri: process.env.DATABASE_URL }) }),
})

export const writeOrders = kyselyWriter({
  db,
  insertInto: 'orders',
  row: ({ key, body }: MessageRecord<{ customer: string; cents: number }>) => ({ id: key, ...body }),
  conflict: 'id',
})
