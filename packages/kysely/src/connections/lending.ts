import { consoleLogger } from '@spillway/message'
import { quietLogger, systemClock } from '@spillway/message/internal'
import { classifyError } from '../errors/classify-error.ts'
import { connectionsBusy, isDeadlock } from '../errors/connections-busy.ts'
import { isUnanswered } from '../errors/is-unanswered.ts'
import { isServerFull } from '../errors/server-full.ts'
import type { Quote } from './activity.ts'
import { activityBook } from './activity-book.ts'
import { contradictions, type LimitWords, onceFor, type ServerLimits } from './budget-check.ts'
import { connectionBook } from './connection-book.ts'
import type { ConnectionLimit } from './connection-limit.ts'
import { optionsFault } from './options-fault.ts'
import { limitOf, type PoolOptions } from './pool-options.ts'
import { retireOnShutdown } from './shutdown.ts'
import { createTurns, type Turn, type Turns, type TurnUse } from './turns.ts'
import type { QueryListener } from './watch-queries.ts'

/** What a driver's own pool does for {@link createLending}. */
export interface DriverPool<Connection> {
  /** The name of the pool's factory, for errors. */
  readonly name: string
  /** A connection for one use, new or not. */
  open(): Promise<Connection>
  /** Takes back one that was not fit for use, and closes it. */
  discard(connection: Connection): void
  /** Closes one that nobody uses, or that is lost; resolves when it is closed. */
  close(connection: Connection): Promise<void>
  readLimits(connection: Connection): Promise<ServerLimits>
  readonly words: LimitWords
  /** Whether a statement is under way, one that the driver gave up among them. */
  isBusy(connection: Connection): boolean
  /** What stands around names in its SQL. */
  readonly quote: Quote
  /** Says which database it is. */
  readonly database: string
}

/** What is the same for each driver: who may have a connection, which one, and when it ends. */
export interface Lending<Connection> {
  readonly limit: ConnectionLimit
  /** The most connections of this pool. */
  readonly connections: number
  /** For the driver's pool to tell of a new connection. Answers what is to be told of its statements. */
  opened(connection: Connection): QueryListener
  /** For the driver's pool to tell that a connection ended. */
  ended(connection: Connection): void
  /** Whether nothing is known against a connection. */
  isWhole(connection: Connection): boolean
  take(): Promise<Connection>
  /** Ends a use. `settle` hands the connection to the driver's pool: to keep it, or to close it. */
  giveBack(connection: Connection, isLost: boolean, settle: (isKept: boolean) => void): void
  closeUnused(): Promise<void>
  /** Ends the listening. */
  stop(): void
}

type Queue = Pick<Turns, 'take' | 'uses'>

/** Milliseconds that the check of the budget may take. */
const checkTime = 1_000

/** Lends the connections of a driver's pool. */
export function createLending<Connection extends object>(
  options: PoolOptions,
  driver: DriverPool<Connection>,
): Lending<Connection> {
  const { clock = systemClock, random = Math.random, budget } = options
  const logger = quietLogger(options.logger ?? consoleLogger)
  const { connectionTimeoutMillis = 5_000, longestUseMillis = 60_000, closeOnShutdown = true } = options
  const { limit, leave } = limitOf(options, driver.database)
  const connections = Math.min(limit.connections, options.connections ?? limit.connections)
  const book = connectionBook<Connection>(options, clock, random)
  /** Those of this pool come first: whoever waits for one of them must not hold what another pool could use. */
  const queues: readonly Queue[] =
    connections < limit.connections ? [createTurns(() => connections, clock), limit] : [limit]
  const inUse = new Map<Connection, readonly Turn[]>()
  const activities = activityBook(driver, clock)
  /** Uses of which the log says that somebody waited for them in vain. */
  const told = new WeakSet<TurnUse>()
  let isRetired = false
  const compare = async (connection: Connection, budget: number) =>
    contradictions(await driver.readLimits(connection), budget, limit.connections, driver.words)
  const check =
    budget === undefined
      ? async () => true
      : onceFor<Connection>((connection) => compare(connection, budget), {
          logger,
          sleep: () => clock.sleep(checkTime),
        })

  function close(connection: Connection): Promise<void> {
    book.condemn(connection)
    return driver.close(connection)
  }

  async function closeUnused(): Promise<void> {
    await Promise.all(book.unused().map(close))
  }

  /** Takes a connection back whose user does not give it back: its statement got no answer, or it was forgotten. */
  function takeBack(connection: Connection, since: number): void {
    const turns = inUse.get(connection)
    if (turns === undefined) return
    inUse.delete(connection)
    logger.warn(
      'A connection was in use for too long and is closed: its statement got no answer, or it was not given back.',
      { milliseconds: clock.now() - since, longestUseMillis },
    )
    book.condemn(connection)
    driver.discard(connection)
    endAll(turns)
  }

  async function takeTurns(): Promise<readonly Turn[]> {
    const startedAt = clock.now()
    const turns: Turn[] = []
    for (const queue of queues) {
      const turn = await queue.take(Math.max(0, connectionTimeoutMillis - (clock.now() - startedAt)))
      if (turn !== undefined) {
        turns.push(turn)
        continue
      }
      const busy = whyBusy(queue, clock.now() - startedAt)
      endAll(turns)
      throw busy
    }
    return turns
  }

  /** Why there was no turn: uses of this environment had them all, or the server had no room or did not answer. */
  function whyBusy(queue: Queue, waited: number): Error {
    const uses = queue.uses().filter((use) => use !== undefined)
    const isOfLimit = queue === limit
    if (uses.length === queue.uses().length) {
      const activities = uses.map((use) => use.activity())
      const owner = isOfLimit ? 'environment' : 'pool'
      const busy = connectionsBusy({ owner, activities, waited, now: clock.now() })
      if (isDeadlock(busy) && !uses.every((use) => told.has(use)))
        logger.error(busy.message, { code: busy.code })
      for (const use of uses) told.add(use)
      if (!isOfLimit || limit.current >= limit.connections || isDeadlock(busy)) return busy
    }
    // The words of `pg`, so that it is taken for what it is.
    return new Error('timeout exceeded when trying to connect')
  }

  function failed(connection: Connection, error: unknown): void {
    if (classifyError(error) === 'connection' || isUnanswered(error)) book.condemn(connection)
    if (isServerFull(error)) limit.saturated()
  }

  async function takeFit(): Promise<Connection> {
    await book.readNews()
    // After as many as the pool can have kept, the next one is new: if it is not fit, its statement will tell why.
    for (let kept = connections; ; kept -= 1) {
      const connection = await driver.open()
      const isFit = kept < 0 || book.isFit(connection)
      book.taken(connection)
      if (isFit && (await check(connection))) return connection
      book.condemn(connection)
      driver.discard(connection)
    }
  }

  const stopCrowding = limit.onCrowded(() => {
    const [connection] = book.unused()
    if (connection !== undefined) void close(connection)
    return connection !== undefined
  })
  function retire(): Promise<void> {
    isRetired = true
    return closeUnused()
  }
  const stopWaiting = closeOnShutdown ? retireOnShutdown({ retire }) : () => undefined

  return {
    limit,
    connections,
    opened(connection) {
      book.opened(connection)
      const log = activities.log(connection)
      return {
        began: log.began,
        ended(error) {
          log.ended()
          if (error !== undefined) failed(connection, error)
        },
      }
    },
    ended: book.condemn,
    isWhole: book.isWhole,
    async take() {
      const turns = await takeTurns()
      try {
        const connection = await takeFit()
        const since = clock.now()
        inUse.set(connection, turns)
        activities.log(connection).reset()
        const use = {
          overdueAt: since + longestUseMillis,
          takeBack: () => takeBack(connection, since),
          activity: () => activities.read(connection),
        }
        for (const turn of turns) turn.use(use)
        return connection
      } catch (error) {
        endAll(turns)
        if (isServerFull(error)) limit.saturated()
        throw optionsFault(driver.name, error) ?? error
      }
    },
    giveBack(connection, isLost, settle) {
      const turns = inUse.get(connection)
      // It was taken back before, and is closed.
      if (turns === undefined) return
      inUse.delete(connection)
      const isWhole = !isLost && book.isWhole(connection)
      if (isWhole) limit.succeeded()
      const isKept = isWhole && book.isWorthKeeping(connection) && !isRetired && !limit.isCrowded()
      if (isKept) book.returned(connection)
      else book.condemn(connection)
      activities.log(connection).reset()
      settle(isKept)
      endAll(turns)
    },
    closeUnused,
    stop() {
      stopCrowding()
      stopWaiting()
      leave()
    },
  }
}

/**
 * Makes the pool of a driver, which may read its options at once. Where that throws nothing is left behind.
 *
 * @param name that of the pool's factory, for errors
 */
export function openPool<Pool>(lending: Pick<Lending<never>, 'stop'>, name: string, open: () => Pool): Pool {
  try {
    return open()
  } catch (error) {
    lending.stop()
    throw optionsFault(name, error) ?? error
  }
}

function endAll(turns: readonly Turn[]): void {
  for (const turn of turns) turn.end()
}
