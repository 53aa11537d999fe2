import middy from '@middy/core'
import { bodyLimit, bulkBodyParser, enqueueMany, problemDetails, validate } from '@spillway/ingest'
import { sqsTarget } from '@spillway/sqs'
import { order } from './message.ts'

/** `POST /orders/bulk`: a JSON array or NDJSON. An invalid order does not affect the others. */
export const handler = middy()
  .use(problemDetails())
  .use(bodyLimit({ maxBytes: 5_000_000 }))
  .use(bulkBodyParser())
  .use(validate({ bodies: order }))
  .use(
    enqueueMany(order, {
      to: sqsTarget({ queueUrl: process.env.QUEUE_URL }),
      statusUrl: (id) => `/orders/${id}`,
    }),
  )
  .handler((event) => event.valid.bodies)
