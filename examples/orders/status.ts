import middy from '@middy/core'
import { problemDetails, status, validate } from '@spillway/ingest'
import { kyselyParkedStore, kyselyStatus } from '@spillway/kysely'
import * as z from 'zod'
import { db } from './database.ts'
import { order } from './message.ts'

const parked = kyselyParkedStore({ db })

/** `GET /orders/{id}`: the state of an order, from the table of orders and the reasons of rejected ones. */
export const handler = middy()
  .use(problemDetails())
  .use(validate({ path: z.object({ id: z.uuid() }) }))
  .use(status(order, { source: kyselyStatus({ db, table: 'orders', key: 'id', parked }) }))
  .handler((event) => event.valid.path.id.toLowerCase())
