import { consoleLogger, type Logger } from '@spillway/message'
import { type Clock, quietLogger, systemClock } from '@spillway/message/internal'
import { classifyError, isUnanswered } from '../errors/classify-error.ts'
import { type ActivityBook, activityBook, type QueryListener, type SqlReader } from './activity.ts'
import { createBudgetCheck, type LimitWords, type ServerLimits } from './budget-check.ts'
import { type ConnectionBook, connectionBook } from './connection-book.ts'
import type { ConnectionLimit } from './connection-limit.ts'
import { optionsFault } from './options-fault.ts'
import type { Permit } from './permits.ts'
import { limitOf, type PoolOptions } from './pool-options.ts'
import { retireOnShutdown } from './shutdown.ts'
import { createPermitTaker } from './take-permits.ts'

/** The functions of a driver's pool that are needed by {@link createConnectionLeases}. */
export interface DriverPool<Connection> extends SqlReader {
  /** The name of the pool's factory, for errors. */
  readonly name: string
  /** Opens a connection for one use, or takes an unused one. */
  open(): Promise<Connection>
  /** Takes back and closes a connection that is not fit for use. */
  discard(connection: Connection): void
  /** Closes a connection that is unused or lost, and resolves when it is closed. */
  close(connection: Connection): Promise<void>
  readLimits(connection: Connection): Promise<ServerLimits>
  readonly words: LimitWords
  /** Whether a statement is running, including one whose answer the driver no longer waits for. */
  isBusy(connection: Connection): boolean
  /** Identifies the database. */
  readonly database: string
}

/**
 * The part of a pool that is common to all drivers. It decides who gets a connection, which connection that is, and
 * when a connection is closed.
 */
export interface ConnectionLeases<Connection> {
  readonly limit: ConnectionLimit
  /** The most connections of this pool. */
  readonly connections: number
  /** The driver's pool reports a new connection. Returns the listener for its statements. */
  opened(connection: Connection): QueryListener
  /** The driver's pool reports that a connection ended. */
  ended(connection: Connection): void
  /** Whether the connection has not failed. */
  isHealthy(connection: Connection): boolean
  take(): Promise<Connection>
  /** Ends a use. `settle` returns the connection to the driver's pool, which keeps or closes it. */
  giveBack(connection: Connection, isLost: boolean, settle: (isKept: boolean) => void): void
  closeUnused(): Promise<void>
  /** Leaves the limit, and removes all listeners. */
  stop(): void
}

/** State that the functions of {@link ConnectionLeases} share. */
interface Leases<Connection extends object> {
  readonly driver: DriverPool<Connection>
  readonly limit: ConnectionLimit
  readonly connections: number
  readonly clock: Clock
  readonly logger: Logger
  readonly longestUseMillis: number
  readonly book: ConnectionBook<Connection>
  readonly activities: ActivityBook<Connection>
  readonly inUse: Map<Connection, readonly Permit[]>
  takePermits(): Promise<readonly Permit[]>
  /** Compares the budget with the limits of the server, once. */
  checkBudget(connection: Connection): Promise<boolean>
  /** Whether the process is ending: connections are closed after their use. */
  isRetired: boolean
}

/** Creates the leases of a driver's pool. */
export function createConnectionLeases<Connection extends object>(
  options: PoolOptions,
  driver: DriverPool<Connection>,
): ConnectionLeases<Connection> {
  const { clock = systemClock, random = Math.random } = options
  const { connectionTimeoutMillis = 5_000, longestUseMillis = 60_000 } = options
  const logger = quietLogger(options.logger ?? consoleLogger)
  const { limit, leave } = limitOf(options, driver.database)
  const connections = Math.min(limit.connections, options.connections ?? limit.connections)
  const leases: Leases<Connection> = {
    driver,
    limit,
    connections,
    clock,
    logger,
    longestUseMillis,
    book: connectionBook<Connection>(options, clock, random),
    activities: activityBook(driver, clock),
    inUse: new Map(),
    takePermits: createPermitTaker({ limit, connections, clock, logger, connectionTimeoutMillis }),
    checkBudget: createBudgetCheck(driver, {
      budget: options.budget,
      share: limit.connections,
      clock,
      logger,
    }),
    isRetired: false,
  }
  const { book } = leases
  const stopCrowding = limit.onCrowded(() => {
    const [connection] = book.unused()
    if (connection !== undefined) void close(leases, connection)
    return connection !== undefined
  })
  const stopWaiting = retireOnShutdown({
    retire() {
      leases.isRetired = true
      return closeUnused(leases)
    },
  })
  return {
    limit,
    connections,
    opened: (connection) => reportOpened(leases, connection),
    ended: book.condemn,
    isHealthy: book.isHealthy,
    take: () => take(leases),
    giveBack: (connection, isLost, settle) => giveBack(leases, connection, isLost, settle),
    closeUnused: () => closeUnused(leases),
    stop() {
      stopCrowding()
      stopWaiting()
      leave()
    },
  }
}

function close<Connection extends object>(
  { book, driver }: Leases<Connection>,
  connection: Connection,
): Promise<void> {
  book.condemn(connection)
  return driver.close(connection)
}

async function closeUnused<Connection extends object>(leases: Leases<Connection>): Promise<void> {
  await Promise.all(leases.book.unused().map((connection) => close(leases, connection)))
}

function reportOpened<Connection extends object>(
  { book, activities }: Leases<Connection>,
  connection: Connection,
): QueryListener {
  book.opened(connection)
  const log = activities.log(connection)
  return {
    began: log.began,
    ended(error) {
      log.ended()
      const isLost = error !== undefined && (classifyError(error) === 'connection' || isUnanswered(error))
      if (isLost) book.condemn(connection)
    },
  }
}

async function take<Connection extends object>(leases: Leases<Connection>): Promise<Connection> {
  const { driver, clock, activities, inUse, longestUseMillis } = leases
  const permits = await leases.takePermits()
  try {
    const connection = await takeFit(leases)
    const since = clock.now()
    inUse.set(connection, permits)
    activities.log(connection).reset()
    const use = {
      overdueAt: since + longestUseMillis,
      takeBack: () => takeBack(leases, connection, since),
      activity: () => activities.read(connection),
    }
    for (const permit of permits) permit.use(use)
    return connection
  } catch (error) {
    endAll(permits)
    throw optionsFault(driver.name, error) ?? error
  }
}

async function takeFit<Connection extends object>(leases: Leases<Connection>): Promise<Connection> {
  const { book, driver, connections } = leases
  await book.drainSocketEvents()
  // The driver's pool keeps at most `connections`, so one more is new. If even that is not fit, its statement fails
  // with the reason.
  for (let kept = connections; ; kept -= 1) {
    const connection = await driver.open()
    const isFit = kept < 0 || book.isFit(connection)
    book.taken(connection)
    if (isFit && (await leases.checkBudget(connection))) return connection
    book.condemn(connection)
    driver.discard(connection)
  }
}

/** Closes a connection that was not returned: its statement got no answer, or its user forgot it. */
function takeBack<Connection extends object>(
  { inUse, logger, clock, longestUseMillis, book, driver }: Leases<Connection>,
  connection: Connection,
  since: number,
): void {
  const permits = inUse.get(connection)
  if (permits === undefined) return
  inUse.delete(connection)
  logger.warn(
    'A connection was in use for too long and is closed: its statement got no answer, or it was not given back.',
    { milliseconds: clock.now() - since, longestUseMillis },
  )
  book.condemn(connection)
  driver.discard(connection)
  endAll(permits)
}

function giveBack<Connection extends object>(
  { inUse, book, limit, activities, isRetired }: Leases<Connection>,
  connection: Connection,
  isLost: boolean,
  settle: (isKept: boolean) => void,
): void {
  const permits = inUse.get(connection)
  // `takeBack` has already closed it.
  if (permits === undefined) return
  inUse.delete(connection)
  const isKept = !isLost && book.isWorthKeeping(connection) && !isRetired && !limit.isCrowded()
  if (isKept) book.returned(connection)
  else book.condemn(connection)
  activities.log(connection).reset()
  settle(isKept)
  endAll(permits)
}

function endAll(permits: readonly Permit[]): void {
  for (const permit of permits) permit.end()
}

/**
 * Creates the pool of a driver. The driver may read its options at once and throw: then the leases are stopped.
 *
 * @param name the name of the pool's factory, for errors
 */
export function openPool<Pool>(
  leases: Pick<ConnectionLeases<never>, 'stop'>,
  name: string,
  open: () => Pool,
): Pool {
  try {
    return open()
  } catch (error) {
    leases.stop()
    throw optionsFault(name, error) ?? error
  }
}
