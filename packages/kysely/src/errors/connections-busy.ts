import { SpillwayError } from '@spillway/message'
import type { Activity } from '../connections/activity.ts'
import { decide } from './classify-error.ts'

/** What {@link connectionsBusy} takes. Times are in milliseconds. */
export interface Busy {
  /** Whose connections are in use: those of the environment, or of one pool of it. */
  readonly owner: 'environment' | 'pool'
  /** What they do, one each. */
  readonly activities: readonly Activity[]
  /** How long somebody waited. */
  readonly waited: number
  readonly now: number
}

const mostNamed = 3

/** Errors of which it is known that to wait longer is in vain. */
const deadlocks = new WeakSet<object>()

/**
 * The error for whoever waited in vain for a connection that others of the same environment use: it names them, by the
 * first words of their statements, without values.
 */
export function connectionsBusy({ owner, activities, waited, now }: Busy): SpillwayError {
  const named = activities.slice(0, mostNamed).map((activity) => nameOf(activity, now))
  const others = activities.length - named.length
  if (others > 0) named.push(`${others} ${others === 1 ? 'other' : 'others'}`)
  const error = new SpillwayError(
    'SPILLWAY_CONNECTIONS_BUSY',
    `All ${activities.length} connections of this ${owner} have been in use for ${seconds(waited)}: by ${named.join('; by ')}. Did you use \`db\` inside a transaction? There it waits for a connection that the transaction itself holds: use \`trx\`. Otherwise shorten what uses the connections, or raise \`connections\`.`,
  )
  return activities.every((activity) => isForgotten(activity, now - waited)) ? asDeadlock(error) : error
}

/** Says of an error that to wait longer is in vain: whoever waits holds a connection itself. */
export function asDeadlock<Thrown>(error: Thrown): Thrown {
  if (typeof error === 'object' && error !== null) deadlocks.add(error)
  return error
}

/** Whether the uses that somebody waited for did nothing meanwhile, or were its own. */
export function isDeadlock(thrown: unknown): boolean {
  return deadlocks.has(Object(thrown)) || deadlocks.has(Object(decide(thrown).error))
}

/** Whether a connection has had nothing to do since a time, though it is in use: its user waits for something else. */
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
