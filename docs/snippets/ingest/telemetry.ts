import { Logger } from '@aws-lambda-powertools/logger'
import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { bodyLimit, enqueue, problemDetails, validate } from '@spillway/ingest'
import { sqsTarget } from '@spillway/sqs'
import { emfTelemetry } from '@spillway/telemetry/emf'
import { powertoolsLogger } from '@spillway/telemetry/powertools'
import { order } from './message.ts'

const telemetry = emfTelemetry({ namespace: 'Orders' })
const logger = powertoolsLogger(new Logger({ serviceName: 'orders' }))

export const handler = middy()
  .use(telemetry)
  .use(problemDetails({ telemetry, logger }))
  .use(bodyLimit())
  .use(httpJsonBodyParser())
  .use(validate({ body: order }))
  .use(
    enqueue(order, {
      to: sqsTarget({ queueUrl: process.env.QUEUE_URL, telemetry }),
      telemetry,
    }),
  )
  .handler((event) => event.valid.body)
