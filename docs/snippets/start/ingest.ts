import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { bodyLimit, enqueue, problemDetails, validate } from '@spillway/ingest'
import { sqsTarget } from '@spillway/sqs'
import { order } from './message.ts'

/** Accepts: validates an order, sends it to the queue, answers 202. */
export const handler = middy()
  .use(problemDetails())
  .use(bodyLimit())
  .use(httpJsonBodyParser())
  .use(validate({ body: order }))
  .use(enqueue(order, { to: sqsTarget({ queueUrl: process.env.QUEUE_URL }) }))
  .handler((event) => event.valid.body)
