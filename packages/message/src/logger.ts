import { ignoreErrors } from './ignore-errors.ts'
import { isObject } from './plain.ts'

/** The fields of a log line beside its message. `error` is a thrown value. */
export interface LogFields {
  readonly error?: unknown
  readonly [name: string]: unknown
}

/**
 * The port for logs. `@spillway/telemetry` has adaptors for Powertools Logger and for pino.
 *
 * Spillway never logs a payload. When a logger throws, the line goes to the console, and processing continues.
 */
export interface Logger {
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

/**
 * Writes one line of JSON per message to the console, which CloudWatch Logs reads as fields. Of an error and its causes
 * it writes name, message, code and stack only: other properties of errors may hold payloads.
 */
export const consoleLogger: Logger = Object.freeze({
  info: (message, fields) => console.info(line('info', message, fields)),
  warn: (message, fields) => console.warn(line('warn', message, fields)),
  error: (message, fields) => console.error(line('error', message, fields)),
} satisfies Logger)

/** A logger that never throws: when the given one does, the line and the error go to the console. */
export function quietLogger(logger: Logger): Logger {
  const quiet = (level: keyof Logger) => (message: string, fields?: LogFields) => {
    const write = (to: Logger) => to[level](message, fields)
    ignoreErrors(
      () => write(logger),
      (error) => {
        write(consoleLogger)
        consoleLogger.error('spillway: a logger threw', { error })
      },
    )
  }
  return { info: quiet('info'), warn: quiet('warn'), error: quiet('error') }
}

function line(level: string, message: string, fields: LogFields = {}): string {
  const own = { level, message }
  // There is nowhere left to report it.
  const errorField = ignoreErrors(
    () => errorOf(fields),
    () => undefined,
  )
  try {
    const { error: _error, ...rest } = fields
    // A field must not replace the level and the message of the line.
    return JSON.stringify({ ...own, ...rest, ...errorField, ...own }, toPlain())
  } catch {
    // The error matters most. The other fields may not be serializable.
    return JSON.stringify({ ...own, ...errorField, fields: 'could not be written' })
  }
}

function errorOf({ error }: LogFields) {
  return error === undefined ? {} : { error: describeError(error) }
}

/**
 * A replacer for JSON: big integers as text, errors described, circular references marked. JSON would throw for some.
 */
function toPlain(): (this: unknown, key: string, value: unknown) => unknown {
  const within: unknown[] = []
  return function toPlainValue(_, value) {
    if (typeof value === 'bigint') return String(value)
    if (!isObject(value)) return value
    while (within.length > 0 && within.at(-1) !== this) within.pop()
    if (within.includes(value)) return '[circular]'
    const plain = value instanceof Error ? describeError(value) : value
    within.push(plain)
    return plain
  }
}

/** The parts of an error that may be logged: its other properties may hold payloads. */
export interface ErrorDescription {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly cause?: ErrorDescription
}

/** How many levels of causes are described. */
const deepest = 5

/** Describes a thrown value for a log. Of a value that is not an `Error` only the type is shown. */
export function describeError(thrown: unknown, depth = 1): ErrorDescription {
  if (!(thrown instanceof Error)) return { name: 'Error', message: `not an Error: ${typeof thrown}` }
  const { name, message, stack } = thrown
  const { code } = thrown as { code?: unknown }
  const cause = causeOf(thrown)
  return {
    name,
    message,
    ...(typeof code === 'string' && { code }),
    ...(stack !== undefined && { stack }),
    ...(cause instanceof Error && depth < deepest && { cause: describeError(cause, depth + 1) }),
  }
}

/** The cause of an error; for an `AggregateError` without a cause, its first error. */
function causeOf(thrown: Error): unknown {
  const { cause } = thrown
  return cause === undefined && thrown instanceof AggregateError ? thrown.errors[0] : cause
}
