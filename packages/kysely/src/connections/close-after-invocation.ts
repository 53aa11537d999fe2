import {
  type Clock,
  checkOptions,
  integer,
  isClock,
  type OptionRules,
  systemClock,
} from '@spillway/message/internal'
import type { LimitedPool } from './pool-options.ts'

/** Options of {@link closeAfterInvocation}, in addition to its pools. */
export interface CloseAfterInvocationOptions {
  /**
   * Keeps the connections while invocations follow one another closely: if each of the last three pauses between
   * invocations was at most this many milliseconds, the environment is expected to be invoked again at once. A new
   * environment needs only one such pause. Default: connections are always closed.
   *
   * Lambda may still freeze such an environment for good. Use this option only where the server ends idle sessions
   * after about a second and limits the sessions of the role: {@link connectionBudgetMigration} sets both. 100 is a
   * good value: a connection that stays unused for longer than a connect takes costs other environments more than it
   * saves.
   */
  readonly keepWithinMillis?: number
  /**
   * Default: the clock of the machine.
   *
   * @internal
   */
  readonly clock?: Clock
}

/** A middleware of middy. */
export interface CloseAfterInvocation {
  before(): void
  after(): Promise<void>
  onError(): Promise<void>
}

const rules: OptionRules<CloseAfterInvocationOptions> = {
  keepWithinMillis: integer(1, 60_000),
  clock: isClock,
}

/**
 * The number of consecutive short pauses required. One or two happen by chance, because Lambda chooses environments at
 * random.
 */
const shortPauses = 3

/**
 * A middleware that closes the connections of pools before an invocation ends, so that a frozen environment holds none.
 * The number of environments with connections is then at most the number of running invocations:
 * `share × maximumConcurrency` holds, whatever Lambda does with environments between invocations.
 *
 * Without it an idle environment keeps its connections for as long as it is frozen, and Lambda has more environments
 * than running invocations: after a deployment, when it replaces old environments, and when an existing environment
 * becomes free before a new one has started.
 *
 * It costs a new connection for each invocation (with RDS, TLS and IAM 20 to 100 ms, which a batch of some hundred
 * messages shares). With `keepWithinMillis` a busy environment keeps its connections, and an idle one closes them.
 *
 * Use it before other middlewares, so that it closes the connections after they have finished. Connections that other
 * invocations of this environment use at that time stay open.
 *
 * @example
 * ```ts
 * import middy from '@middy/core'
 * import { closeAfterInvocation, postgresPool } from '@spillway/kysely'
 * import { Pool } from 'pg'
 *
 * const pool = postgresPool({ Pool, connectionString: process.env.DATABASE_URL })
 * export const handler = middy().use(closeAfterInvocation(pool))
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown or out of range.
 */
export function closeAfterInvocation(
  pools: LimitedPool | readonly LimitedPool[],
  options: CloseAfterInvocationOptions = {},
): CloseAfterInvocation {
  checkOptions('closeAfterInvocation', options, rules)
  const { keepWithinMillis = Number.NEGATIVE_INFINITY, clock = systemClock } = options
  const all = [pools].flat()
  let endedAt: number | undefined
  let short = 0

  async function end(): Promise<void> {
    if (short < shortPauses) await Promise.all(all.map((pool) => pool.closeUnused()))
    endedAt = clock.now()
  }
  return {
    before() {
      // A deployment starts many environments at once, which are then busy: they need not reconnect for each of the
      // first invocations.
      if (endedAt === undefined) short = shortPauses - 1
      else short = clock.now() - endedAt <= keepWithinMillis ? short + 1 : 0
    },
    after: end,
    onError: end,
  }
}
