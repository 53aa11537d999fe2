import type { Issue } from './issue.ts'

/** The effect of the record is committed; the record leaves the queue. */
export interface DoneOutcome {
  readonly kind: 'done'
}

/**
 * The record stays in the queue and is delivered again. A writer says why, with `unavailable`; when, the back-off of
 * `batch` decides.
 */
export interface RetryOutcome {
  readonly kind: 'retry'
  /**
   * Seconds until the next delivery, in place of the back-off of `batch`: for a handler that was told a time, a
   * `Retry-After` for example. A record with an `after` is not waited for inside the invocation, and each delivery uses up
   * a receive: short ones over a long outage end in the dead-letter queue. So where the retry is unavailable, it is the
   * least that the delay can be. A writer that was told no time gives none; those of Spillway never do. Without effect on
   * a stream.
   */
  readonly after?: number | undefined
  /** What went wrong, for logs. */
  readonly cause?: unknown
  /**
   * - `true`: **unavailable**. What the record needs, a database for example, is down or saturated: no record is to blame.
   *   `batch` waits for it inside the invocation and tries again, and the breaker counts it.
   * - `undefined`: **transient**. It may pass: a conflict with another transaction, an error that nobody knows. Unless the
   *   cause is a `SPILLWAY_DATABASE_UNAVAILABLE`, which counts as `true`.
   * - `false`: **at fault** is the record itself, whatever the cause. A stream parks it once it is overdue.
   *
   * The delay until the next delivery is the same in all three cases.
   */
  readonly unavailable?: boolean | undefined
}

/** Why a record was parked. Travels with the copy in the dead-letter queue. */
export interface ParkReason {
  /** A stable code: one of Spillway's, a SQLSTATE, `MYSQL_` and a number, or the user's own. */
  readonly code: string
  /** One sentence for the human who opens the dead-letter queue. Never holds the payload. */
  readonly detail: string
  /** The places of the body that are invalid, where that is the reason. */
  readonly issues?: readonly Issue[] | undefined
}

/** The record can never succeed: a copy goes to the dead-letter queue at once, with the reason. */
export interface ParkOutcome {
  readonly kind: 'park'
  readonly reason: ParkReason
  /** What went wrong, for logs: an error of a row mapper, for example. It never travels with the copy. */
  readonly cause?: unknown
  /**
   * The id of the record for which this was decided, where that was another one: an earlier delivery of the same message.
   * The copy carries it, so that a redrive of the copy opens the key again. Default: the record itself.
   */
  readonly recordId?: string | undefined
}

/** What became of one record. */
export type Outcome = DoneOutcome | RetryOutcome | ParkOutcome

const theDone: DoneOutcome = Object.freeze({ kind: 'done' })

/** The effect of the record is committed. */
export function done(): DoneOutcome {
  return theDone
}

/**
 * Deliver the record again, after the back-off of `batch`. With `unavailable: true` it is what the record needs that
 * failed, not the record: see {@link RetryOutcome}.
 */
export function retry(options: Omit<RetryOutcome, 'kind'> = {}): RetryOutcome {
  return Object.freeze({ kind: 'retry', ...options })
}

/**
 * Send a copy of the record to the dead-letter queue at once, with the reason. The `cause` is for the log alone: the error
 * that a handler caught, for example, whose message may say more than should travel.
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

/** Whether a value is an {@link Outcome}: anything else counts as "not done". */
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

/** Those of a schema, whose paths are lists, are none: what takes a reason takes texts. */
function areIssues(value: unknown): boolean {
  if (!Array.isArray(value)) return false
  return value.every((issue) => {
    const { path, message } = Object(issue) as Partial<Issue>
    return typeof path === 'string' && typeof message === 'string'
  })
}
