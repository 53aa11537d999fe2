import middy from '@middy/core'
import { problemDetails, status, validate } from '@spillway/ingest'
import type { StatusSource } from '@spillway/message'
import * as z from 'zod'
import { order } from './message.ts'

declare const source: StatusSource

export const handler = middy()
  .use(problemDetails())
  .use(validate({ path: z.object({ id: z.uuid() }) }))
  .use(status(order, { source }))
  .handler((event) => event.valid.path.id.toLowerCase())
