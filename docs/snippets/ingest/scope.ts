import { enqueue } from '@spillway/ingest'
import { sqsTarget } from '@spillway/sqs'
import type { APIGatewayProxyEventV2WithJWTAuthorizer } from 'aws-lambda'
import { reading } from './keyless.ts'

export const enqueueReading = enqueue(reading, {
  to: sqsTarget({ queueUrl: process.env.QUEUE_URL }),
  scope: (event: APIGatewayProxyEventV2WithJWTAuthorizer) => [
    String(event.requestContext.authorizer.jwt.claims.sub),
    event.routeKey,
  ],
})
