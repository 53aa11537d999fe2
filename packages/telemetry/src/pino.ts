/**
 * Spillway's lines in pino.
 *
 * @module
 */
import type { LogFields, Logger } from '@spillway/message'
import { bareError } from './bare-error.ts'
import { checkLogger } from './check-logger.ts'

/** The part of a pino logger that is used: any logger that takes fields before the message. */
export interface PinoLogger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/**
 * A logger for Spillway that writes through a pino logger.
 *
 * An error goes under `err`, for pino's own serializer, without properties that may hold a payload.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when it is given no logger.
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
