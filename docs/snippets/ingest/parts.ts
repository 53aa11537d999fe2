import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { bodyLimit, enqueue, problemDetails, validate } from '@spillway/ingest'
import type { MessageInput } from '@spillway/message'
import { sqsTarget } from '@spillway/sqs'
import * as z from 'zod'
import { order } from './message.ts'

const placement = z.object({ cents: z.int().nonnegative() })

export const handler = middy()
  .use(problemDetails())
  .use(bodyLimit())
  .use(httpJsonBodyParser())
  .use(
    validate({
      route: '/customers/{customer}/orders/{id}',
      path: z.object({ customer: z.string().max(64), id: z.uuid() }),
      query: z.object({ currency: z.string().length(3).default('EUR') }),
      headers: z.object({ 'x-api-version': z.literal('2') }),
      body: placement,
    }),
  )
  .use(enqueue(order, { to: sqsTarget({ queueUrl: process.env.QUEUE_URL }) }))
  .handler(
    ({ valid: { body, path, query } }) =>
      ({ ...path, ...query, ...body }) satisfies MessageInput<typeof order>,
  )
