import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { bodyLimit, enqueue, problemDetails, validate } from '@spillway/ingest'
import { sqsTarget } from '@spillway/sqs'
import { transfer } from './message.ts'

/** `POST /transfers`: responds with 202 when the queue has the transfer. */
export const handler = middy()
  .use(problemDetails())
  .use(bodyLimit())
  .use(httpJsonBodyParser())
  .use(validate({ body: transfer }))
  .use(
    enqueue(transfer, {
      to: sqsTarget({ queueUrl: process.env.QUEUE_URL }),
      statusUrl: (id) => `/transfers/${id}`,
    }),
  )
  .handler((event) => event.valid.body)
