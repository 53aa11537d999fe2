import { describeError, type ErrorDescription } from '@spillway/message/internal'

/**
 * The same error with nothing but what describes it: name, message, code, stack, and causes of the same kind.
 *
 * Loggers copy every property of an error, and those hold payloads: the error of `@middy/http-json-body-parser`
 * has the body of the request in its cause.
 */
export function bareError(thrown: unknown): Error {
  return toError(describeError(thrown))
}

function toError({ name, message, code, stack, cause }: ErrorDescription): Error {
  const error = new Error(message, cause && { cause: toError(cause) })
  Object.defineProperties(error, {
    name: { value: name },
    stack: { value: stack },
    // pino takes the name of the constructor for the type, and the error's own where there is no constructor.
    constructor: { value: undefined },
  })
  return code === undefined ? error : Object.assign(error, { code })
}
