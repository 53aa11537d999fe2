/**
 * Whether a statement was given up by the driver's own time-out (`query_timeout` of `pg`, `timeout` of `mysql2`): the
 * server still works on it, and its answer would come first to whoever uses the connection next.
 */
export function isUnanswered(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.message === 'Query read timeout' || Reflect.get(error, 'code') === 'PROTOCOL_SEQUENCE_TIMEOUT'
}
