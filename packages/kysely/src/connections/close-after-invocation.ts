import {
  type Clock,
  checkOptions,
  integer,
  type OptionRules,
  objectWith,
  systemClock,
} from '@spillway/message/internal'
import type { LimitedPool } from './pool-options.ts'

/** What {@link closeAfterInvocation} takes beside its pools. */
export interface CloseAfterInvocationOptions {
  /**
   * Keeps the connections while invocations follow one another: an environment whose last three pauses between
   * invocations were each at most this many milliseconds is expected to be invoked again at once. A new environment
   * needs one such pause only. Default: no connection is kept.
   *
   * Lambda may still freeze such an environment forever. Use it only where the server ends idle sessions after
   * about a second and counts the sessions of the role: {@link connectionBudgetMigration} sets both. 100 is a good value:
   * a connection that stays unused for longer than it takes to connect costs other environments more than it saves.
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
  clock: objectWith('now', 'sleep'),
}

/** How many pauses in a row have to be short. One or two short pauses happen by chance, where environments are chosen at random. */
const shortPauses = 3

/**
 * A middleware that closes the connections of pools before an invocation ends, so that an environment which is frozen
 * holds none. So no more environments have connections than invocations run: `share × maximumConcurrency` holds,
 * whatever Lambda does with environments between invocations.
 *
 * Without it an idle environment keeps its connections for as long as it is frozen, and Lambda has more environments
 * than invocations: after a deployment, when it replaces old ones, when it starts one and another becomes free first.
 *
 * It costs a new connection for each invocation (with RDS, TLS and IAM 20 to 100 ms, which a batch of some hundred
 * messages shares). With `keepWithinMillis` a busy environment keeps its connections, and an idle one closes them.
 *
 * Use it before other middlewares: it then closes the connections after they have finished. Connections that other
 * invocations of this environment use at that moment stay open.
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
      // A deploy starts many environments at once, which are then busy: they should not connect four times each.
      if (endedAt === undefined) short = shortPauses - 1
      else short = clock.now() - endedAt <= keepWithinMillis ? short + 1 : 0
    },
    after: end,
    onError: end,
  }
}
