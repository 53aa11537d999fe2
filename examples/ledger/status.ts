import middy from '@middy/core'
import { problemDetails, status, validate } from '@spillway/ingest'
import { kyselyParkedStore, kyselyStatus } from '@spillway/kysely'
import * as z from 'zod'
import { db } from './database.ts'
import { transfer } from './message.ts'

const parked = kyselyParkedStore({ db })

/** `GET /transfers/{id}`: the state of a transfer, and why it was rejected. */
export const handler = middy()
  .use(problemDetails())
  .use(validate({ path: z.object({ id: z.uuid() }) }))
  .use(status(transfer, { source: kyselyStatus({ db, table: 'transfers', key: 'id', parked }) }))
  .handler((event) => event.valid.path.id.toLowerCase())
