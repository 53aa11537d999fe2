import { SpillwayError } from '@spillway/message'
import { classifyError } from '../errors/classify-error.ts'
import { readError } from '../errors/read-error.ts'
import type { Deadline } from './deadline.ts'

/**
 * Reads for a caller that waits for the answer. After a lost connection it reads once more; it does not wait for a
 * database that is saturated or down.
 *
 * @throws SpillwayError `SPILLWAY_STATUS_UNAVAILABLE`
 */
export async function readOnce<T>(read: () => Promise<T>, deadline: Deadline): Promise<T> {
  if (deadline.passed()) throw unavailable()
  let result = await deadline.race(read())
  if (result?.status === 'rejected' && classifyError(result.reason) === 'connection' && !deadline.passed()) {
    result = await deadline.race(read())
  }
  if (result?.status === 'fulfilled') return result.value
  throw unavailable(result?.reason)
}

function unavailable(reason?: unknown): SpillwayError {
  const cause =
    reason === undefined
      ? new SpillwayError('SPILLWAY_DEADLINE', 'The time ran out before the database answered.')
      : readError(classifyError(reason), reason)
  const message = 'The database did not return the status of a message; try again.'
  return new SpillwayError('SPILLWAY_STATUS_UNAVAILABLE', message, { cause })
}
