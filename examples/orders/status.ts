import middy from '@middy/core'
import { problemDetails, status, validate } from '@spillway/ingest'
import { kyselyParkedStore, kyselyStatus } from '@spillway/kysely'
import * as z from 'zod'
import { db } from './database.ts'
import { order } from './message.ts'

const parked = kyselyParkedStore({ db })

/** `GET /orders/{id}`: what became of an order, from the table that it ends in and the reasons of those refused. */
export const handler = middy()
  .use(problemDetails())
  .use(validate({ path: z.object({ id: z.uuid() }) }))
  .use(status(order, { source: kyselyStatus({ db, table: 'orders', key: 'id', parked }) }))
  .handler((event) => event.valid.path.id.toLowerCase())
