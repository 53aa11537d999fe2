import { describeError, type ErrorDescription } from '@spillway/message/internal'

/**
 * A copy of an error with only its name, message, code, stack and causes, which are copied in the same way.
 *
 * Loggers write every property of an error, and some properties hold payloads: the error of
 * `@middy/http-json-body-parser` has the body of the request in its cause.
 */
export function bareError(thrown: unknown): Error {
  return toError(describeError(thrown))
}

function toError({ name, message, code, stack, cause }: ErrorDescription): Error {
  const error = new Error(message, cause && { cause: toError(cause) })
  Object.defineProperties(error, {
    name: { value: name },
    stack: { value: stack },
    // pino logs the constructor's name as the type. Without a constructor it logs the error's own name.
    constructor: { value: undefined },
  })
  return code === undefined ? error : Object.assign(error, { code })
}
