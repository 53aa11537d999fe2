import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { bodyLimit, enqueue, problemDetails, validate } from '@spillway/ingest'
import { sqsTarget } from '@spillway/sqs'
import { otelTelemetry } from '@spillway/telemetry/otel'
import { order } from '../ingest/order.ts'

const telemetry = otelTelemetry()

export const handler = middy()
  .use(problemDetails({ telemetry }))
  .use(bodyLimit())
  .use(httpJsonBodyParser())
  .use(validate({ body: order }))
  .use(enqueue(order, { to: sqsTarget({ queueUrl: process.env.QUEUE_URL, telemetry }), telemetry }))
  .handler((event) => event.valid.body)
