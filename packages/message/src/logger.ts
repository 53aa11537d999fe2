import { ignoreErrors } from './ignore-errors.ts'
import { isObject } from './plain.ts'

/** What a line of a log is about, beside its message. `error` holds what was thrown. */
export interface LogFields {
  readonly error?: unknown
  readonly [name: string]: unknown
}

/**
 * Where lines go. `@spillway/telemetry` has adaptors for Powertools Logger and for pino.
 *
 * Spillway never hands it a payload. A line for which it throws goes to the console: it must not cost a message.
 */
export interface Logger {
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

/**
 * One line of JSON on the console for a message: what CloudWatch Logs reads as fields. Of an error it has name,
 * message, code, stack and the same of its causes, and nothing else: other properties of errors hold payloads.
 */
export const consoleLogger: Logger = Object.freeze({
  info: (message, fields) => console.info(line('info', message, fields)),
  warn: (message, fields) => console.warn(line('warn', message, fields)),
  error: (message, fields) => console.error(line('error', message, fields)),
} satisfies Logger)

/** A logger that never throws. A line that it could not write goes to the console, and so does the reason. */
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
  // Nothing is left to say it to.
  const errorField = ignoreErrors(
    () => errorOf(fields),
    () => undefined,
  )
  try {
    const { error: _error, ...rest } = fields
    // A field must not take the place of the line's own level and message.
    return JSON.stringify({ ...own, ...rest, ...errorField, ...own }, toPlain())
  } catch {
    // The error is what the line is for; the other fields may be anything.
    return JSON.stringify({ ...own, ...errorField, fields: 'could not be written' })
  }
}

function errorOf({ error }: LogFields) {
  return error === undefined ? {} : { error: describeError(error) }
}

/** For JSON: big integers as text, errors described, and what lies within itself marked, where JSON would throw. */
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

/** What may be said of an error: its other properties hold payloads. */
export interface ErrorDescription {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly cause?: ErrorDescription
}

/** How far causes are followed. */
const deepest = 5

/** Describes what was thrown, for a log. Of a value that is not an error it says the type alone. */
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

/** Of several errors, of a host whose addresses all failed or of `Promise.any`, the first says what it was. */
function causeOf(thrown: Error): unknown {
  const { cause } = thrown
  return cause === undefined && thrown instanceof AggregateError ? thrown.errors[0] : cause
}
