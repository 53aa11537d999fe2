import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { bodyLimit, problemDetails, validate } from '@spillway/ingest'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { order } from '../message.ts'
import { type Database, toRow } from '../row.ts'

// Every environment has its own pool, and there are as many environments as concurrent requests, so nothing limits the
// connections. This design fails under a flood. `../ingest.ts` and `../write.ts` are the design with a buffer.
const pool = new Pool({ connectionString: process.env.DATABASE_URL, connectionTimeoutMillis: 5000 })
pool.on('error', () => undefined)
const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })

/** `POST /orders`: responds with 201 when the order is in the table. */
export const handler = middy()
  .use(problemDetails())
  .use(bodyLimit())
  .use(httpJsonBodyParser())
  .use(validate({ body: order }))
  .handler(async ({ valid: { body } }) => {
    await db
      .insertInto('orders')
      .values(toRow(body, new Date()))
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute()
    return {
      statusCode: 201,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: body.id, status: 'written' }),
    }
  })
