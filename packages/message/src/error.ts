/**
 * Every code of a {@link SpillwayError}, with its meaning in one line.
 *
 * The codes are a contract: they are never renamed. `docs/errors.md` lists each of them.
 */
export const errorCodes = {
  SPILLWAY_NODE_UNSUPPORTED: 'The version of Node is older than the packages need.',
  SPILLWAY_OPTION_INVALID: 'An option is unknown, missing or has a value out of range.',
  SPILLWAY_APP_INVALID: 'The app definition contradicts itself or a limit of AWS.',
  SPILLWAY_BODY_MALFORMED: 'The request has no body, or one that is not valid JSON.',
  SPILLWAY_BODY_INVALID: 'The body does not match the schema of its message.',
  SPILLWAY_BODY_TOO_LARGE: 'The body is larger than the queue can hold.',
  SPILLWAY_BODY_TOO_DEEP: 'The body nests deeper than the limit.',
  SPILLWAY_TEXT_UNSTORABLE:
    'A body holds a character that the queue or the database cannot store, or a number that JSON or JavaScript changes.',
  SPILLWAY_ITEMS_INVALID: 'The body of a bulk request is not a list of items within the limit.',
  SPILLWAY_REQUEST_INVALID: 'The query, the path parameters or the headers do not match their schema.',
  SPILLWAY_MEDIA_TYPE_UNSUPPORTED:
    'The request has a content type or a content encoding that is not supported.',
  SPILLWAY_METHOD_NOT_ALLOWED:
    'The method of a request is safe (GET, HEAD, OPTIONS, TRACE), so nothing is enqueued.',
  SPILLWAY_EVENT_FOREIGN: 'The event is not one that API Gateway, a Function URL or a load balancer sends.',
  SPILLWAY_KEY_INVALID: 'The key of a message is not a well-formed string of 1 to 256 characters.',
  SPILLWAY_GROUP_INVALID: 'The group of a message is not a well-formed string of 1 to 128 characters.',
  SPILLWAY_ENVELOPE_INVALID: 'A record does not hold an envelope of the expected message.',
  SPILLWAY_MESSAGE_UNREADABLE: 'A record holds a text that its decoding cannot read.',
  SPILLWAY_MESSAGE_UNKNOWN: 'A record holds a message of a name that its handler does not know.',
  SPILLWAY_DECODING_FAILED: 'The decoding of a source threw, or returned an invalid result.',
  SPILLWAY_SEND_FAILED: 'The queue did not confirm a message.',
  SPILLWAY_CLAIM_MISSING: 'The body of a claim check no longer exists.',
  SPILLWAY_CLAIM_FAILED: 'The store of large bodies could not store or return a body now.',
  SPILLWAY_STATUS_UNAVAILABLE: 'The status of a message is not available now.',
  SPILLWAY_VISIBILITY_UNCHANGED: 'The function cannot delay the next delivery of its messages.',
  SPILLWAY_PARK_FAILED: 'The dead-letter queue or the store of parked messages did not confirm a message.',
  SPILLWAY_SOURCE_MISSING:
    'The batch handler ran without a source middleware before it, or the function got an event of another service or of another queue.',
  SPILLWAY_CHAIN_INVALID:
    'The middlewares of a worker are in the wrong order, or one of them replaces the answer of the batch.',
  SPILLWAY_CONTEXT_MISSING: 'A handler was invoked without the context of Lambda.',
  SPILLWAY_OUTCOME_INVALID: 'A writer did not return one outcome per record.',
  SPILLWAY_BATCH_FAILED: 'A record of a batch has to be delivered again, but the answer cannot name it.',
  SPILLWAY_DEADLINE: 'The invocation ran out of time.',
  SPILLWAY_LANE_STOPPED: 'An earlier record of the same lane is not done.',
  SPILLWAY_RECORD_OVERDUE: 'A record of a stream was retried until it was too old, and is parked.',
  SPILLWAY_ROW_REFUSED: 'The database rejects a row permanently.',
  SPILLWAY_ROW_INVALID: 'The row mapper threw or gave a value that the table cannot hold.',
  SPILLWAY_KEY_CONFLICT: 'The key of a message was used before, with another body.',
  SPILLWAY_STATEMENT_NOT_AWAITED:
    'The function of a transaction returned before its statements were done, or a statement began after that.',
  SPILLWAY_ERROR_SWALLOWED:
    'The function of a transaction continued after an error, or a statement of its own, that ended the transaction.',
  SPILLWAY_TABLE_UNKNOWN: 'The table or a column of a write does not exist.',
  SPILLWAY_WRITE_FAILED: 'The database could not take a write now.',
  SPILLWAY_DATABASE_UNAVAILABLE: 'The database is saturated or cannot be reached.',
  SPILLWAY_CONNECTIONS_BUSY: 'All connections in the share of this environment were in use for too long.',
  SPILLWAY_DATABASE_FAULT:
    'The database fails for a reason that is not in a record: its operator has to act.',
  SPILLWAY_ALARM_INVALID: 'The event is not one of a CloudWatch alarm.',
  SPILLWAY_SWITCH_FAILED: 'An event source mapping could not be read or changed.',
  SPILLWAY_PORT_IN_USE: 'A port of the local runtime is taken.',
  SPILLWAY_START_FAILED: 'A part of the local runtime did not start.',
} as const

/** The stable code of a {@link SpillwayError}. */
export type ErrorCode = keyof typeof errorCodes

/**
 * The class of all errors that Spillway throws.
 *
 * `code` is stable and meant for programs; `message` says what to do; `cause` is the underlying error.
 */
export class SpillwayError extends Error {
  override readonly name = 'SpillwayError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    // `{ cause: undefined }` would make a property.
    super(message, options?.cause === undefined ? undefined : options)
    this.code = code
  }
}

/** Turns a thrown value into an `Error`: code may throw strings, `undefined` or objects. */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown
  return new Error(`a value that is not an Error was thrown: ${describe(thrown)}`, { cause: thrown })
}

function describe(value: unknown): string {
  if (typeof value === 'string') return value
  return value === null ? 'null' : typeof value
}
