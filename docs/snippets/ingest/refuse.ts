import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { enqueue, problemDetails, validate } from '@spillway/ingest'
import { sqsTarget } from '@spillway/sqs'
import { order } from './order.ts'

const closed = new Set(['eve'])

export const handler = middy()
  .use(problemDetails())
  .use(httpJsonBodyParser())
  .use(validate({ body: order }))
  .use(enqueue(order, { to: sqsTarget({ queueUrl: process.env.QUEUE_URL }) }))
  .handler(({ valid: { body } }) => {
    if (!closed.has(body.customer)) return body
    const error = new Error('The account is closed.')
    throw Object.assign(error, { statusCode: 403, expose: true, code: 'ACCOUNT_CLOSED' })
  })
