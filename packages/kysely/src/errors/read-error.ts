import { type ErrorCode, SpillwayError } from '@spillway/message'
import { databaseMessage, writeError } from './describe-error.ts'
import type { Failure } from './failure.ts'

/** The error for a failed read. It states what to do, and contains no value of a row. */
export function readError(failure: Failure, thrown: unknown): SpillwayError {
  if (thrown instanceof SpillwayError) return thrown
  const { code, cause } = writeError(failure, thrown)
  const [own, message] = advice(code, failure, databaseMessage(thrown))
  return new SpillwayError(own, message, { cause })
}

function advice(code: ErrorCode, failure: Failure, said: string): readonly [ErrorCode, string] {
  if (code === 'SPILLWAY_TABLE_UNKNOWN') {
    return [code, `The table or a column that is read does not exist${said}: run the migration.`]
  }
  if (code === 'SPILLWAY_DATABASE_UNAVAILABLE') {
    return [code, `The database is saturated or cannot be reached${said}: try again.`]
  }
  if (failure === 'tooSlow' || failure === 'locked') {
    return [
      'SPILLWAY_STATUS_UNAVAILABLE',
      `The statement takes too long${said}: check locks, and whether the column of the key has an index.`,
    ]
  }
  if (failure === 'systemic') {
    return [
      'SPILLWAY_STATUS_UNAVAILABLE',
      `The database refuses to read${said}: check the schema and the rights; the function needs select.`,
    ]
  }
  return ['SPILLWAY_STATUS_UNAVAILABLE', `The database could not answer the read${said}: try again.`]
}
