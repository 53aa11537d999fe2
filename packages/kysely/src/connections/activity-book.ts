import type { Clock } from '@spillway/message/internal'
import { type Activity, type ActivityLog, createActivityLog, type Quote } from './activity.ts'

/** What a driver's pool tells about its connections. */
interface Source<Connection> {
  /** The name of the pool's factory. */
  readonly name: string
  /** Says which database it is: see `databaseAddress`. */
  readonly database: string
  readonly quote: Quote
  isBusy(connection: Connection): boolean
}

/** What the connections of a pool do. */
export interface ActivityBook<Connection> {
  log(connection: Connection): ActivityLog
  read(connection: Connection): Activity
}

/** A book of what connections do. */
export function activityBook<Connection extends object>(
  source: Source<Connection>,
  clock: Clock,
): ActivityBook<Connection> {
  const pool = nameOf(source)
  const logs = new WeakMap<Connection, ActivityLog>()
  function log(connection: Connection): ActivityLog {
    const known = logs.get(connection)
    if (known !== undefined) return known
    const fresh = createActivityLog(clock, source.quote)
    logs.set(connection, fresh)
    return fresh
  }
  return {
    log,
    read: (connection) => ({ ...log(connection).read(), pool, isBusy: source.isBusy(connection) }),
  }
}

/** What a pool is called in errors: the host of its database may be of a text with a password in it. */
function nameOf({ name, database }: Pick<Source<never>, 'name' | 'database'>): string {
  const [, , named]: unknown[] = JSON.parse(database)
  return typeof named === 'string' ? `${name} to "${named}"` : name
}
