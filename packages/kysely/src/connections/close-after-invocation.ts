import type { LimitedPool } from './pool-options.ts'

/** A middleware of middy, as far as this package needs to know. */
export interface CloseAfterInvocation {
  after(): Promise<void>
  onError(): Promise<void>
}

/**
 * A middleware that closes the connections of pools before an invocation ends, so that an environment which is frozen
 * holds none. Then not more environments have connections than invocations run: `share × maximumConcurrency` holds,
 * whatever Lambda does with environments between invocations.
 *
 * Without it an idle environment keeps its connections for as long as it is frozen, and Lambda has more environments
 * than invocations: after a deployment, when it replaces old ones, when it starts one and another becomes free first.
 *
 * It costs a new connection for each invocation (with RDS, TLS and IAM 20 to 100 ms, which a batch of some hundred
 * messages shares). The server can hold the budget for nothing, and also when an environment is killed: see "The budget"
 * in the README.
 *
 * Use it before the others: what it does comes after all of theirs. Connections that other invocations of this
 * environment use at that moment are left alone.
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
 */
export function closeAfterInvocation(...pools: readonly LimitedPool[]): CloseAfterInvocation {
  async function closeUnused(): Promise<void> {
    await Promise.all(pools.map((pool) => pool.closeUnused()))
  }
  return { after: closeUnused, onError: closeUnused }
}
