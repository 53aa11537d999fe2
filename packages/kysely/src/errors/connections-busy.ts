import { SpillwayError } from '@spillway/message'
import type { Activity } from '../connections/activity.ts'
import { decide } from './classify-error.ts'

/** Options of {@link connectionsBusy}. Times are in milliseconds. */
export interface Busy {
  /** The owner of the connections: the environment, or one of its pools. */
  readonly owner: 'environment' | 'pool'
  /** The activity of each connection. */
  readonly activities: readonly Activity[]
  /** The time that the caller waited. */
  readonly waited: number
  readonly now: number
}

const mostNamed = 3

/** Errors for which waiting longer is useless. */
const deadlocks = new WeakSet<object>()

/**
 * The error for a caller that got no connection in time, because other uses in the same environment have all of them.
 * It names their statements by the first words, without values.
 */
export function connectionsBusy({ owner, activities, waited, now }: Busy): SpillwayError {
  const named = activities.slice(0, mostNamed).map((activity) => nameOf(activity, now))
  const others = activities.length - named.length
  if (others > 0) named.push(`${others} ${others === 1 ? 'other' : 'others'}`)
  const error = new SpillwayError(
    'SPILLWAY_CONNECTIONS_BUSY',
    `All ${activities.length} connections of this ${owner} have been in use for ${seconds(waited)}: by ${named.join('; by ')}. Did you use \`db\` inside a transaction? There it waits for a connection that the transaction itself holds: use \`trx\`. Otherwise shorten these uses, or raise \`connections\`.`,
  )
  return activities.every((activity) => isForgotten(activity, now - waited)) ? asDeadlock(error) : error
}

/** Marks an error for which waiting longer is useless, because the caller itself holds a connection. */
export function asDeadlock<Thrown>(error: Thrown): Thrown {
  if (typeof error === 'object' && error !== null) deadlocks.add(error)
  return error
}

/** Whether waiting longer is useless: the connections were idle meanwhile, or the caller itself holds one. */
export function isDeadlock(thrown: unknown): boolean {
  return deadlocks.has(Object(thrown)) || deadlocks.has(Object(decide(thrown).error))
}

/** Whether a connection in use has been idle since then: its user waits for something else. */
function isForgotten({ isBusy, takenAt, statementAt = takenAt }: Activity, since: number): boolean {
  return !isBusy && statementAt <= since
}

function nameOf(activity: Activity, now: number): string {
  const { pool, takenAt, transactionAt, isBusy, statementAt = takenAt, words } = activity
  const what =
    transactionAt === undefined
      ? `a connection that was taken ${seconds(now - takenAt)} ago`
      : `a transaction that began ${seconds(now - transactionAt)} ago`
  const time = seconds(now - statementAt)
  const statement = words === '' ? '' : ` \`${words}\``
  const does = isBusy
    ? `whose statement${statement} has run for ${time}`
    : `which has waited for its next statement for ${time}${words === '' ? '' : `, after${statement}`}`
  return `${what} (${pool}), ${does}`
}

function seconds(milliseconds: number): string {
  return `${Number((milliseconds / 1_000).toFixed(1))} s`
}
