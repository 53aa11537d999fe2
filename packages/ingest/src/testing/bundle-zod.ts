// A minimal but complete ingest function, for the size of its bundle: the schema in zod, and hardly any of it.
import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { bodyLimit, enqueue, problemDetails, validate } from '@spillway/ingest'
import { defineMessage } from '@spillway/message'
import { sqsTarget } from '@spillway/sqs'
import * as z from 'zod'

const order = defineMessage({
  name: 'order.placed',
  schema: z.object({ id: z.string(), note: z.string() }),
  key: (body) => body.id,
})

export const handler = middy()
  .use(problemDetails())
  .use(bodyLimit())
  .use(httpJsonBodyParser())
  .use(validate({ body: order }))
  .use(enqueue(order, { to: sqsTarget({ queueUrl: process.env.QUEUE_URL }) }))
  .handler((event) => event.valid.body)
