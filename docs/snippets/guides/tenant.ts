import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { bodyLimit, enqueue, problemDetails, validate } from '@spillway/ingest'
import { sqsTarget } from '@spillway/sqs'
import type { APIGatewayProxyEventV2WithJWTAuthorizer } from 'aws-lambda'
import * as z from 'zod'
import { order } from '../ingest/order.ts'

/** The customer is not for the client to choose. */
const placement = z.object({ id: z.uuid(), cents: z.int().nonnegative() })

export const handler = middy<APIGatewayProxyEventV2WithJWTAuthorizer>()
  .use(problemDetails())
  .use(bodyLimit())
  .use(httpJsonBodyParser())
  .use(validate({ body: placement }))
  .use(enqueue(order, { to: sqsTarget({ queueUrl: process.env.QUEUE_URL }) }))
  .handler(({ valid: { body }, requestContext }) => ({
    ...body,
    customer: String(requestContext.authorizer.jwt.claims.sub),
  }))
