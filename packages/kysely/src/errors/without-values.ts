import { SpillwayError, toError } from '@spillway/message'
import { describeDatabaseError, innerErrors } from './classify-error.ts'

/** The maximum depth of causes: chains of causes may be circular. */
const deepest = 10

/**
 * A copy of an error that may be logged. An error of a database keeps its code, its stack and a description without
 * values of a row, even if it is the cause of another error. An error that contains no error of a database is returned
 * unchanged.
 */
export function withoutValues(thrown: unknown): Error {
  return copyOf(thrown, 0)
}

function copyOf(thrown: unknown, depth: number): Error {
  const error = toError(thrown)
  const words = describeDatabaseError(thrown)
  if (words !== undefined) {
    const { text, code, errno } = words
    const copy = Object.assign(new Error(text), { code, ...(errno !== undefined && { errno }) })
    return withStack(copy, error.name, framesOf(error))
  }
  if (!holdsDatabaseError(error)) return error
  return copyOfWrapper(error, depth)
}

function copyOfWrapper(error: Error, depth: number): Error {
  const copies = new Map<unknown, Error>()
  if (depth < deepest) for (const inner of innerErrors(error)) copies.set(inner, copyOf(inner, depth + 1))
  let { message } = error
  for (const [inner, copy] of copies) {
    // Errors often repeat the message of their cause.
    const said = toError(inner).message
    if (said !== '') message = message.replaceAll(said, copy.message)
  }
  const cause = copies.get(error.cause)
  const options = cause === undefined ? undefined : { cause }
  const copy =
    error instanceof AggregateError
      ? new AggregateError([...copies.values()], message, options)
      : new Error(message, options)
  if (error instanceof SpillwayError) return new SpillwayError(error.code, message, options)
  const code: unknown = Reflect.get(error, 'code')
  if (typeof code === 'string') Object.assign(copy, { code })
  return withStack(copy, error.name, framesOf(error))
}

function holdsDatabaseError(thrown: unknown): boolean {
  // Iterating a set includes elements that are added meanwhile.
  const errors = new Set([thrown])
  for (const error of errors) {
    if (describeDatabaseError(error) !== undefined) return true
    for (const inner of innerErrors(error)) errors.add(inner)
  }
  return false
}

function withStack(copy: Error, name: string, frames: string): Error {
  // Not enumerable, like `name` of error classes.
  if (name !== copy.name)
    Object.defineProperty(copy, 'name', { value: name, configurable: true, writable: true })
  copy.stack = `${name}: ${copy.message}${frames}`
  return copy
}

/** The stack without the message before it. */
function framesOf({ stack = '', message }: Error): string {
  const end = message === '' ? stack.indexOf('\n') : stack.indexOf(message) + message.length
  const frames = stack.slice(end)
  return stack.includes(message) && /^\n\s+at /.test(frames) ? frames : ''
}
