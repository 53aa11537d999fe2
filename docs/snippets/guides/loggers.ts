import { Logger } from '@aws-lambda-powertools/logger'
import { pinoLogger } from '@spillway/telemetry/pino'
import { powertoolsLogger } from '@spillway/telemetry/powertools'
import { pino } from 'pino'

export const powertools = powertoolsLogger(new Logger({ serviceName: 'orders' }))
export const pinoLines = pinoLogger(pino())
