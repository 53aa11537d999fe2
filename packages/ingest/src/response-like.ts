import { type MessageDefinition, SpillwayError } from '@spillway/message'
import { isObject, validate } from '@spillway/message/internal'

/** The fields of a response for API Gateway, Function URLs and load balancers. */
const fields = new Set([
  'statusCode',
  'statusDescription',
  'headers',
  'multiValueHeaders',
  'cookies',
  'body',
  'isBase64Encoded',
])

/**
 * Throws when the handler returned a response instead of a body: a loose schema would accept it as a message. If the
 * schema needs the name `statusCode`, the value is a body.
 *
 * @param definition `undefined` when a response cannot be a body
 * @param changed whether the value is a body of the request that had no names of a response before it was changed
 * @throws SpillwayError `SPILLWAY_BODY_INVALID`, which says what to do
 */
export async function refuseResponse(
  definition: MessageDefinition | undefined,
  returned: unknown,
  changed: boolean,
): Promise<void> {
  if (!isResponse(returned, changed)) return
  const { statusCode, ...rest } = returned
  if (definition !== undefined && !(await validate(definition.schema, rest)).ok) {
    // Most schemas reject both.
    if ((await validate(definition.schema, returned)).ok) return
  }
  // A middleware wraps the body as an object; a response that a handler made has a text.
  const wrapped = changed || isObject(returned.body)
  throw new SpillwayError(
    'SPILLWAY_BODY_INVALID',
    wrapped
      ? `${order} Its \`after\` runs first and makes a response of the body: use() it before enqueue.`
      : `enqueue got a response with the status ${statusCode} to send, not a body. To reject a request, throw an error with \`statusCode\` and \`expose: true\`. If the handler returned a body: ${order}`,
  )
}

const order = 'A middleware that makes responses, httpCors() for example, comes after enqueue in the chain.'

function isResponse(
  value: unknown,
  changed: boolean,
): value is { readonly statusCode: unknown; readonly body?: unknown } {
  if (!isObject(value) || !('statusCode' in value)) return false
  const status = Number(value.statusCode)
  if (!Number.isInteger(status) || status < 100 || status > 599) return false
  if (Object.keys(value).every((name) => fields.has(name))) return true
  // A middleware does not wrap a body that has a name of a response, `body` for example, but adds the other names to it.
  return changed && 'headers' in value
}
