/**
 * Writes Spillway's log lines through pino.
 *
 * @module
 */
import type { LogFields, Logger } from '@spillway/message'
import { bareError } from './bare-error.ts'
import { checkLogger } from './check-logger.ts'

/**
 * The methods of a pino logger that are used. It can be any logger whose methods have the fields before the message.
 */
export interface PinoLogger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/**
 * A logger for Spillway that writes through a pino logger.
 *
 * An error is logged as `err`, for pino's own serializer, without the properties that may hold a payload.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when the argument is not a logger.
 */
export function pinoLogger(logger: PinoLogger): Logger {
  checkLogger('pinoLogger', logger)
  return Object.freeze({
    info: (message, fields) => logger.info(toFields(fields), message),
    warn: (message, fields) => logger.warn(toFields(fields), message),
    error: (message, fields) => logger.error(toFields(fields), message),
  } satisfies Logger)
}

function toFields({ error, ...rest }: LogFields = {}): object {
  return error === undefined ? rest : { ...rest, err: bareError(error) }
}
