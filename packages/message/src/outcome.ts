import type { Issue } from './issue.ts'

/** The effect of the record is committed; the record leaves the queue. */
export interface DoneOutcome {
  readonly kind: 'done'
}

/**
 * The record stays in the queue and is delivered again. `unavailable` says why; the back-off of `batch` determines
 * when.
 */
export interface RetryOutcome {
  readonly kind: 'retry'
  /**
   * Seconds until the next delivery, instead of the back-off of `batch`. Use it when a service named a time, with a
   * `Retry-After` for example; leave it out otherwise. `batch` does not hold a record with `after` inside the invocation, and
   * each delivery counts as a receive: with short delays, a long outage sends the record to the dead-letter queue. So
   * with
   * `unavailable: true` it is the minimum of the delay. No effect on a stream.
   */
  readonly after?: number | undefined
  /** What went wrong, for logs. */
  readonly cause?: unknown
  /**
   * - `true`: **unavailable**. What the record needs, a database for example, is down or saturated; the record is not at
   *   fault. `batch` holds it inside the invocation and retries, and the breaker counts it.
   * - `undefined`: **transient**. The failure may pass: a conflict with another transaction, or an unknown error. A cause with
   *   the code `SPILLWAY_DATABASE_UNAVAILABLE` counts as `true`.
   * - `false`: **at fault**. The record itself is at fault, whatever the cause. A stream parks it once it is overdue.
   *
   * The delay until the next delivery is the same in all three cases.
   */
  readonly unavailable?: boolean | undefined
}

/** Why a record was parked. Stored with the copy in the dead-letter queue. */
export interface ParkReason {
  /** A stable code: one of Spillway's, a SQLSTATE, `MYSQL_` and a number, or the user's own. */
  readonly code: string
  /** One sentence for the operator who reads the dead-letter queue. Never holds the payload. */
  readonly detail: string
  /** The invalid places of the body, if that is the reason. */
  readonly issues?: readonly Issue[] | undefined
}

/** The record can never succeed: a copy is sent to the dead-letter queue immediately, with the reason. */
export interface ParkOutcome {
  readonly kind: 'park'
  readonly reason: ParkReason
  /** What went wrong, for logs: an error of a row mapper, for example. Never stored with the copy. */
  readonly cause?: unknown
  /**
   * The id of the record for which this was decided, if it was another record of the same message. The copy has it as
   * an attribute, so that a redrive of the copy opens the key again. Default: the record itself.
   */
  readonly recordId?: string | undefined
}

/** The outcome of one record. */
export type Outcome = DoneOutcome | RetryOutcome | ParkOutcome

const theDone: DoneOutcome = Object.freeze({ kind: 'done' })

/** The effect of the record is committed. */
export function done(): DoneOutcome {
  return theDone
}

/**
 * The record is delivered again, after the back-off of `batch`. `unavailable: true` says that something that the record
 * needs failed: see {@link RetryOutcome}.
 */
export function retry(options: Omit<RetryOutcome, 'kind'> = {}): RetryOutcome {
  return Object.freeze({ kind: 'retry', ...options })
}

/**
 * A copy of the record is sent to the dead-letter queue immediately, with the reason. The `cause`, an error that the
 * handler caught for example, is only logged: its message may say more than the copy should.
 */
export function park(
  reason: ParkReason,
  { cause, recordId }: Pick<ParkOutcome, 'cause' | 'recordId'> = {},
): ParkOutcome {
  return Object.freeze({
    kind: 'park',
    reason: Object.freeze({ ...reason }),
    ...(cause !== undefined && { cause }),
    ...(recordId !== undefined && { recordId }),
  })
}

/** Whether a value is an {@link Outcome}. Anything else counts as "not done". */
export function isOutcome(value: unknown): value is Outcome {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false
  if (value.kind === 'done' || value.kind === 'retry') return true
  return value.kind === 'park' && 'reason' in value && isParkReason(value.reason)
}

function isParkReason(value: unknown): value is ParkReason {
  return (
    typeof value === 'object' &&
    value !== null &&
    'code' in value &&
    typeof value.code === 'string' &&
    'detail' in value &&
    typeof value.detail === 'string' &&
    (!('issues' in value) || value.issues === undefined || areIssues(value.issues))
  )
}

/** Issues of a Standard Schema, whose paths are lists, are invalid here: a path has to be a JSON Pointer. */
function areIssues(value: unknown): boolean {
  if (!Array.isArray(value)) return false
  return value.every((issue) => {
    const { path, message } = Object(issue) as Partial<Issue>
    return typeof path === 'string' && typeof message === 'string'
  })
}
