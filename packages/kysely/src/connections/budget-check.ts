import type { Logger } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'

/** The numbers of connections that a server allows. */
export interface ServerLimits {
  /** All connections, without those reserved for administrators. */
  readonly server: number
  /** Connections of the role or user; `undefined` if it has no limit of its own. */
  readonly user?: number | undefined
  /** Connections to the database; `undefined` if it has no limit of its own. */
  readonly database?: number | undefined
}

/** The names of the limits in messages. */
export type LimitWords = Readonly<Record<keyof ServerLimits, string>>

/** How a driver reads the limits of its server. */
interface LimitReader<Connection> {
  readLimits(connection: Connection): Promise<ServerLimits>
  readonly words: LimitWords
}

/** One sentence for each limit that the budget or an environment's share exceeds. */
function contradictions(
  limits: ServerLimits,
  budget: number,
  share: number,
  words: LimitWords,
): readonly string[] {
  const said: string[] = []
  if (share > budget) {
    said.push(
      `One environment may open ${share} connections, more than the budget of ${budget} for all of them.`,
    )
  }
  for (const name of ['server', 'user', 'database'] as const) {
    const allowed = limits[name]
    if (allowed === undefined || budget <= allowed) continue
    said.push(`The budget is ${budget} connections, but ${words[name]} allows ${allowed}.`)
  }
  return said
}

/** Milliseconds before the check times out. */
const checkTime = 1_000

/** Options of {@link createBudgetCheck}. */
export interface BudgetCheckOptions {
  /** The connections of all environments together. Default: nothing is checked. */
  readonly budget: number | undefined
  /** The connections of this environment. */
  readonly share: number
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Creates a check that compares the budget with the limits of the server, once, on the first connection. The check
 * never throws, and takes at most a second. It resolves to `false` if the server did not respond in that time. A failed
 * check is logged, because otherwise it would look like a passed one.
 */
export function createBudgetCheck<Connection>(
  { readLimits, words }: LimitReader<Connection>,
  { budget, share, clock, logger }: BudgetCheckOptions,
): (connection: Connection) => Promise<boolean> {
  let isDone = budget === undefined
  return async function checkOnce(connection) {
    if (isDone || budget === undefined) return true
    isDone = true
    const answer = readLimits(connection)
      .then((limits) => contradictions(limits, budget, share, words))
      .catch((error: unknown) => {
        logger.warn('The connection budget could not be compared with the limits of the server.', { error })
        return []
      })
    const said = await Promise.race([answer, clock.sleep(checkTime).then(() => undefined)])
    if (said === undefined)
      logger.warn('The server did not report its connection limits in time: the connection is replaced.')
    for (const sentence of said ?? []) logger.warn(sentence)
    return said !== undefined
  }
}
