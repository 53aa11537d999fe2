import { type MessageDefinition, SpillwayError } from '@spillway/message'
import { isObject, validate } from '@spillway/message/internal'

/** What API Gateway, Function URLs and load balancers read of a response. */
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
 * Refuses a response in the place of a body: a loose schema would take it for a message. A schema that does not do
 * without `statusCode` means it.
 *
 * @param definition `undefined` where no response can be a body
 * @param changed whether it is a body of the request, without the names of a response until it was changed
 * @throws SpillwayError `SPILLWAY_BODY_INVALID` with what to do
 */
export async function refuseResponse(
  definition: MessageDefinition | undefined,
  returned: unknown,
  changed: boolean,
): Promise<void> {
  if (!isResponse(returned, changed)) return
  const { statusCode, ...rest } = returned
  if (definition !== undefined && !(await validate(definition.schema, rest)).ok) {
    // An ordinary schema refuses both.
    if ((await validate(definition.schema, returned)).ok) return
  }
  // What wraps a body in a response leaves it as it is; a handler's own response has a text.
  const wrapped = changed || isObject(returned.body)
  throw new SpillwayError(
    'SPILLWAY_BODY_INVALID',
    wrapped
      ? `${order} Its \`after\` runs before that of enqueue and makes a response of the body: use() it before enqueue.`
      : `What enqueue is to send is a response with the status ${statusCode}, not a body. The handler refuses a request by an error that it throws, with \`statusCode\` and \`expose: true\`, as http-errors makes them. If it returned a body: ${order}`,
  )
}

const order =
  'A middleware that makes responses, httpCors(), httpSecurityHeaders() or httpResponseSerializer() for example, comes after enqueue in the chain.'

function isResponse(
  value: unknown,
  changed: boolean,
): value is { readonly statusCode: unknown; readonly body?: unknown } {
  if (!isObject(value) || !('statusCode' in value)) return false
  const status = Number(value.statusCode)
  if (!Number.isInteger(status) || status < 100 || status > 599) return false
  if (Object.keys(value).every((name) => fields.has(name))) return true
  // A body with a name of a response, `body` for example, is not wrapped: the others are added to it.
  return changed && 'headers' in value
}
