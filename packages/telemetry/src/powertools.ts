/**
 * Writes Spillway's log lines through Powertools for AWS Lambda (TypeScript).
 *
 * @module
 */
import type { LogFields, Logger } from '@spillway/message'
import { bareError } from './bare-error.ts'
import { checkLogger } from './check-logger.ts'

/**
 * The methods of a Powertools logger that are used. It can be any logger whose methods have the fields after the
 * message.
 */
export interface PowertoolsLogger {
  info(message: string, fields: Record<string, unknown>): void
  warn(message: string, fields: Record<string, unknown>): void
  error(message: string, fields: Record<string, unknown>): void
}

/**
 * A logger for Spillway that writes through your Powertools logger, with the attributes that it appends.
 *
 * An error is logged as `error`, for the logger's own formatter, without the properties that may hold a payload.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when the argument is not a logger.
 */
export function powertoolsLogger(logger: PowertoolsLogger): Logger {
  checkLogger('powertoolsLogger', logger)
  return Object.freeze({
    info: (message, fields) => logger.info(message, toFields(fields)),
    warn: (message, fields) => logger.warn(message, toFields(fields)),
    error: (message, fields) => logger.error(message, toFields(fields)),
  } satisfies Logger)
}

function toFields({ error, ...rest }: LogFields = {}): Record<string, unknown> {
  return error === undefined ? rest : { ...rest, error: bareError(error) }
}
