import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { bodyLimit, enqueue, problemDetails, validate } from '@spillway/ingest'
import { sqsTarget } from '@spillway/sqs'
import { order } from './message.ts'

/** `POST /orders`: responds with 202 when the queue has the order. */
export const handler = middy()
  .use(problemDetails())
  .use(bodyLimit())
  .use(httpJsonBodyParser())
  .use(validate({ body: order }))
  .use(
    enqueue(order, {
      to: sqsTarget({ queueUrl: process.env.QUEUE_URL }),
      statusUrl: (id) => `/orders/${id}`,
    }),
  )
  .handler((event) => event.valid.body)
