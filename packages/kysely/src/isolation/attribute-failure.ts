import type { ErrorOrigin } from '../dialects/error-origin.ts'
import type { Failure } from '../errors/failure.ts'
import type { Attempt } from '../time/attempt.ts'

/** Failures for which a row is parked, at once or after some retries. */
const ofARow: ReadonlySet<Failure> = new Set(['permanent', 'duplicate', 'ordering'])

/**
 * The result of a statement, corrected by the origin of its error. A failure for which a row would be parked becomes
 * `fault` if the database caused it, and `unknown`, for which no row is parked, if the origin is not known.
 *
 * @param originOf finds the origin of the error; called only if a row would be parked
 */
export async function attributeFailure<T>(
  result: Attempt<T>,
  originOf: (error: unknown) => Promise<ErrorOrigin>,
): Promise<Attempt<T>> {
  if (result.kind !== 'failed' || !ofARow.has(result.failure)) return result
  const origin = await originOf(result.error)
  if (origin === 'row') return result
  return { ...result, failure: origin === 'database' ? 'fault' : 'unknown' }
}
