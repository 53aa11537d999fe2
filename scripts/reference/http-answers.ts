import { code, toTable } from './blocks.ts'

/** A response to a request that is not accepted. */
export interface HttpAnswer {
  readonly status: number
  readonly code: string
  readonly when: string
}

/**
 * Every response of the middlewares of `@spillway/ingest` that has a code of Spillway. A test compares the list with
 * their source.
 */
export const httpAnswers: readonly HttpAnswer[] = [
  row(400, 'SPILLWAY_BODY_MALFORMED', 'there is no body, or it is not UTF-8 or not valid JSON'),
  row(400, 'SPILLWAY_BODY_TOO_DEEP', 'the body nests deeper than `maxDepth` of `bodyLimit`'),
  row(
    400,
    'SPILLWAY_KEY_INVALID',
    'the header `Idempotency-Key` is missing where it is required, or is not valid',
  ),
  row(
    404,
    'SPILLWAY_REQUEST_INVALID',
    'a path parameter does not match its schema: nothing exists at this path',
  ),
  row(405, 'SPILLWAY_METHOD_NOT_ALLOWED', 'the method must not have an effect: GET, HEAD, OPTIONS, TRACE'),
  row(
    413,
    'SPILLWAY_BODY_TOO_LARGE',
    'the body is larger than `maxBytes` of `bodyLimit`, or than the queue can hold',
  ),
  row(415, 'SPILLWAY_MEDIA_TYPE_UNSUPPORTED', 'the content type or the content encoding is not supported'),
  row(422, 'SPILLWAY_BODY_INVALID', 'the body does not match its schema; `errors` has the places'),
  row(
    422,
    'SPILLWAY_REQUEST_INVALID',
    'the query or the headers do not match their schema; `errors` has the places',
  ),
  row(422, 'SPILLWAY_ITEMS_INVALID', 'the body of a bulk request is not a list of 1 to `maxItems` items'),
  row(422, 'SPILLWAY_TEXT_UNSTORABLE', 'the body has a character or a number that cannot be stored as it is'),
  row(422, 'SPILLWAY_KEY_INVALID', 'the key of the message is not a string of 1 to 256 characters'),
  row(422, 'SPILLWAY_GROUP_INVALID', 'the group of the message is not a string of 1 to 128 characters'),
  row(
    503,
    'SPILLWAY_SEND_FAILED',
    'the queue did not confirm the message. It may have stored it nevertheless: repeat the request with the same key',
  ),
  row(503, 'SPILLWAY_CLAIM_FAILED', 'the store of large bodies did not accept the body'),
  row(503, 'SPILLWAY_DEADLINE', 'the deadline of the invocation has passed before the response'),
  row(503, 'SPILLWAY_STATUS_UNAVAILABLE', 'the status of the message cannot be read now'),
]

function row(status: number, name: string, when: string): HttpAnswer {
  return { status, code: name, when }
}

/** The responses as a table. */
export const httpAnswerTable: string = toTable(
  ['status', 'code', 'when'],
  httpAnswers.map(({ status, code: name, when }) => [String(status), code(name), when]),
)
