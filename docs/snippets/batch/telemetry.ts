import { Logger } from '@aws-lambda-powertools/logger'
import { batch } from '@spillway/batch'
import { emfTelemetry } from '@spillway/telemetry/emf'
import { powertoolsLogger } from '@spillway/telemetry/powertools'
import { order } from './message.ts'
import { writeOrders } from './writer.ts'

export const telemetry = emfTelemetry({ namespace: 'Orders' })

export const handler = batch(order, writeOrders, {
  telemetry,
  logger: powertoolsLogger(new Logger({ serviceName: 'orders' })),
})
