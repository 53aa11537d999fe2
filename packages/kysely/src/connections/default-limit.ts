import type { Clock } from '@spillway/message/internal'
import { type ConnectionLimit, connectionLimit } from './connection-limit.ts'
import { exceedsShare, givenShare } from './share.ts'

/** Options of {@link defaultLimit}. */
export interface DefaultLimitOptions {
  /** Identifies the database: pools of one database share one limit. */
  readonly database: string
  /** The most connections of the pool. Default: all that the limit allows. */
  readonly connections?: number | undefined
  readonly clock?: Clock | undefined
}

/** A limit that pools share. */
export interface SharedLimit {
  readonly limit: ConnectionLimit
  leave(): void
}

interface Shared {
  readonly limit: ConnectionLimit
  readonly clock: Clock | undefined
  pools: number
}

/** The current limit of each database. It stays while sockets of its pools are open. */
const limits = new Map<string, Shared>()

/**
 * The limit that all pools of this process to one database share, unless they have the option `limit`. It is the share
 * of this environment.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when a pool wants more connections than the share
 */
export function defaultLimit({ database, connections, clock }: DefaultLimitOptions): SharedLimit {
  const share = givenShare(process.env) ?? connections
  const last = limits.get(database)
  const shared = last !== undefined && isStillUsed(last, share ?? 1, clock) ? last : start(share, clock)
  const { limit } = shared
  if (connections !== undefined && connections > limit.connections) {
    throw exceedsShare(`A pool of ${connections} connections`, limit.connections)
  }
  limits.set(database, shared)
  shared.pools += 1
  let isIn = true
  return {
    limit,
    leave() {
      if (isIn) shared.pools -= 1
      isIn = false
    },
  }
}

function start(share: number | undefined, clock: Clock | undefined): Shared {
  const limit = connectionLimit({ ...(share && { connections: share }), ...(clock && { clock }) })
  return { limit, clock, pools: 0 }
}

/** Whether a limit still has pools or, if it equals the wanted limit, open connections of pools that ended. */
function isStillUsed({ limit, clock, pools }: Shared, share: number, wanted: Clock | undefined): boolean {
  return pools > 0 || (limit.open > 0 && limit.connections === share && clock === wanted)
}
