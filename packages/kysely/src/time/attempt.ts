import { SpillwayError } from '@spillway/message'
import { type Backoff, fullJitter } from '@spillway/message/internal'
import { classifyError } from '../errors/classify-error.ts'
import { isDeadlock } from '../errors/connections-busy.ts'
import type { Failure } from '../errors/failure.ts'
import type { Deadline } from './deadline.ts'

/** The result of a statement, after all retries. */
export type Attempt<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly error: unknown }
  /** The deadline passed first; `failure` is the last error of the database, if there was one. */
  | { readonly kind: 'late'; readonly failure?: Failure; readonly error: unknown }

const maxTransients = 3
/**
 * A wait for a lock is not repeated if it took more than this share of the remaining time: a smaller statement may
 * succeed.
 */
const shortWait = 0.05
const transientBackoff: Backoff = { base: 50, cap: 500 }
/**
 * Grows slowly, because often another environment frees a connection within a second. With a factor of 2, the last wait
 * would be as long as all previous ones together.
 */
const holdBackoff: Backoff = { base: 100, cap: 2_000, factor: 1.5 }

/**
 * Runs a statement until it succeeds, fails with an error that waiting does not cure, or the deadline passes.
 *
 * After a conflict with another transaction, or a short wait for a lock, the statement is repeated up to 3 times; after
 * a lost connection once, at once. While the database is saturated or down, or while other uses in this environment
 * have all connections, it is repeated with full jitter from 100 ms to 2 s. It does not wait if the caller itself holds
 * such a connection, or does not want to wait (`mayHold`). The statement must be idempotent.
 *
 * A statement that still runs at the deadline is not interrupted: the server may commit it later.
 */
export async function attempt<T>(
  run: () => Promise<T>,
  deadline: Deadline,
  random: () => number,
): Promise<Attempt<T>> {
  let transients = 0
  let losses = 0
  let holds = 0
  let last: { failure: Failure; error: unknown } | undefined
  while (!deadline.passed()) {
    const left = deadline.left()
    const result = await deadline.race(run())
    if (result === undefined) break
    if (result.status === 'fulfilled') return { kind: 'ok', value: result.value }
    const failure = classifyError(result.reason)
    last = { failure, error: result.reason }
    const isShort = left - deadline.left() <= deadline.left() * shortWait
    const mayPassAtOnce = failure === 'transient' || (failure === 'locked' && isShort)
    if (mayPassAtOnce && transients < maxTransients) {
      transients += 1
      await deadline.sleep(fullJitter(transientBackoff, transients, random()))
    } else if (failure === 'connection' && losses === 0) {
      losses += 1
    } else if (isWorthWaiting(failure, result.reason)) {
      if (!deadline.mayHold) break
      holds += 1
      await deadline.sleep(fullJitter(holdBackoff, holds, random()))
    } else {
      return { kind: 'failed', failure, error: result.reason }
    }
  }
  return { kind: 'late', ...(last ?? { error: tooLate() }) }
}

function isWorthWaiting(failure: Failure, error: unknown): boolean {
  return failure === 'connection' || failure === 'saturation' || (failure === 'busy' && !isDeadlock(error))
}

function tooLate(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_DEADLINE',
    'The time ran out before the database answered: check for locks, or give the function a longer timeout.',
  )
}
