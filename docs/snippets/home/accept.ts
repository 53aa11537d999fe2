import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { enqueue, problemDetails, validate } from '@spillway/ingest'
import { sqsTarget } from '@spillway/sqs'
import { order } from './message.ts'

const queueUrl = process.env.QUEUE_URL

export const handler = middy()
  .use(problemDetails())
  .use(httpJsonBodyParser())
  .use(validate({ body: order }))
  .use(enqueue(order, { to: sqsTarget({ queueUrl }) }))
  .handler((event) => event.valid.body)
