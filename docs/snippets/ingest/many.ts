import middy from '@middy/core'
import { bodyLimit, bulkBodyParser, enqueueMany, problemDetails, validate } from '@spillway/ingest'
import { sqsTarget } from '@spillway/sqs'
import { order } from './message.ts'

export const handler = middy()
  .use(problemDetails())
  .use(bodyLimit({ maxBytes: 5_000_000 }))
  .use(bulkBodyParser())
  .use(validate({ bodies: order, maxItems: 1000 }))
  .use(enqueueMany(order, { to: sqsTarget({ queueUrl: process.env.QUEUE_URL }) }))
  .handler((event) => event.valid.bodies)
