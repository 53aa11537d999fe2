import type { Logger } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { connectionsBusy, isDeadlock } from '../errors/connections-busy.ts'
import type { ConnectionLimit } from './connection-limit.ts'
import { createPermits, type Permit, type Permits, type PermitUse } from './permits.ts'

/** Parameters of {@link createPermitTaker}. */
export interface PermitTakerOptions {
  readonly limit: ConnectionLimit
  /** The most connections of the pool. */
  readonly connections: number
  readonly clock: Clock
  readonly logger: Logger
  readonly connectionTimeoutMillis: number
}

type Queue = Pick<Permits, 'take' | 'uses'>

/**
 * Creates the function that takes the permits for one use of a connection: one of the limit and, if the pool has fewer
 * connections than the limit, one of the pool. It takes the permit of the pool first: a use that waits for that does
 * not hold a permit that another pool could use.
 */
export function createPermitTaker(options: PermitTakerOptions): () => Promise<readonly Permit[]> {
  const { limit, connections, clock, logger, connectionTimeoutMillis } = options
  const queues: readonly Queue[] =
    connections < limit.connections ? [createPermits(connections, clock), limit] : [limit]
  /** The uses that have been logged. */
  const logged = new WeakSet<PermitUse>()

  /** The error for a missing permit: other uses have all of them, or the server did not answer. */
  function missingPermit(queue: Queue, waited: number): Error {
    const uses = queue.uses().filter((use) => use !== undefined)
    // The message of `pg`, so that the error is classified in the same way.
    if (uses.length < queue.uses().length) return new Error('timeout exceeded when trying to connect')
    const activities = uses.map((use) => use.activity())
    const owner = queue === limit ? 'environment' : 'pool'
    const busy = connectionsBusy({ owner, activities, waited, now: clock.now() })
    if (isDeadlock(busy) && !uses.every((use) => logged.has(use)))
      logger.error(busy.message, { code: busy.code })
    for (const use of uses) logged.add(use)
    return busy
  }

  return async function takePermits() {
    const startedAt = clock.now()
    const permits: Permit[] = []
    for (const queue of queues) {
      const permit = await queue.take(Math.max(0, connectionTimeoutMillis - (clock.now() - startedAt)))
      if (permit !== undefined) {
        permits.push(permit)
        continue
      }
      const error = missingPermit(queue, clock.now() - startedAt)
      for (const taken of permits) taken.end()
      throw error
    }
    return permits
  }
}
