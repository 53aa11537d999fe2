import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { bodyLimit, enqueue, problemDetails, validate } from '@spillway/ingest'
import type { Target } from '@spillway/message'
import { order } from './message.ts'

/** The accepting side. A test passes its own target. */
export const createHandler = (to: Target) =>
  middy()
    .use(problemDetails())
    .use(bodyLimit())
    .use(httpJsonBodyParser())
    .use(validate({ body: order }))
    .use(enqueue(order, { to }))
    .handler((event) => event.valid.body)
