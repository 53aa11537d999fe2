import type { Logger } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { connectionsBusy, isDeadlock } from '../errors/connections-busy.ts'
import type { ConnectionLimit } from './connection-limit.ts'
import { createTurns, type Turn, type Turns, type TurnUse } from './turns.ts'

/** What {@link createTurnTaker} takes. */
export interface TurnTakerOptions {
  readonly limit: ConnectionLimit
  /** The most connections of the pool. */
  readonly connections: number
  readonly clock: Clock
  readonly logger: Logger
  readonly connectionTimeoutMillis: number
}

type Queue = Pick<Turns, 'take' | 'uses'>

/**
 * Takes the turns for one use of a connection: one of the limit, and one of the pool where the pool has fewer connections.
 * That of the pool comes first: whoever waits for it must not hold what another pool could use.
 */
export function createTurnTaker(options: TurnTakerOptions): () => Promise<readonly Turn[]> {
  const { limit, connections, clock, logger, connectionTimeoutMillis } = options
  const queues: readonly Queue[] =
    connections < limit.connections ? [createTurns(connections, clock), limit] : [limit]
  /** Uses that the log has named already. */
  const logged = new WeakSet<TurnUse>()

  /** Why there was no turn: uses of this environment had them all, or the server did not answer. */
  function whyNone(queue: Queue, waited: number): Error {
    const uses = queue.uses().filter((use) => use !== undefined)
    // The message of `pg`, so that it is classified like that error.
    if (uses.length < queue.uses().length) return new Error('timeout exceeded when trying to connect')
    const activities = uses.map((use) => use.activity())
    const owner = queue === limit ? 'environment' : 'pool'
    const busy = connectionsBusy({ owner, activities, waited, now: clock.now() })
    if (isDeadlock(busy) && !uses.every((use) => logged.has(use)))
      logger.error(busy.message, { code: busy.code })
    for (const use of uses) logged.add(use)
    return busy
  }

  return async function takeTurns() {
    const startedAt = clock.now()
    const turns: Turn[] = []
    for (const queue of queues) {
      const turn = await queue.take(Math.max(0, connectionTimeoutMillis - (clock.now() - startedAt)))
      if (turn !== undefined) {
        turns.push(turn)
        continue
      }
      const error = whyNone(queue, clock.now() - startedAt)
      for (const taken of turns) taken.end()
      throw error
    }
    return turns
  }
}
