import type { Clock } from '@spillway/message/internal'
import { type ConnectionLimit, connectionLimit } from './connection-limit.ts'
import { exceedsShare, givenShare } from './share.ts'

/** What {@link defaultLimit} takes. */
export interface DefaultLimitOptions {
  /** Says which database it is: pools of one database share one limit. */
  readonly database: string
  /** The most connections of the pool. Default: all that the limit allows. */
  readonly connections?: number | undefined
  readonly clock?: Clock | undefined
}

/** A limit that pools share, and how one of them leaves it. */
export interface SharedLimit {
  readonly limit: ConnectionLimit
  leave(): void
}

const limits = new Map<string, { readonly limit: ConnectionLimit; pools: number }>()

/**
 * The limit of the pools of this process to one database that were given none: their connections together are the share
 * of this environment.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when a pool wants more connections than the share
 */
export function defaultLimit({ database, connections, clock }: DefaultLimitOptions): SharedLimit {
  let shared = limits.get(database)
  if (shared === undefined) {
    const share = givenShare(process.env) ?? connections
    const limit = connectionLimit({ ...(share && { connections: share }), ...(clock && { clock }) })
    shared = { limit, pools: 0 }
  }
  const { limit } = shared
  checkConnections(connections, limit)
  limits.set(database, shared)
  shared.pools += 1
  let isIn = true
  return {
    limit,
    leave() {
      if (!isIn) return
      isIn = false
      shared.pools -= 1
      if (shared.pools === 0) limits.delete(database)
    },
  }
}

/** Refuses a pool that wants more connections than its limit has. */
export function checkConnections(connections: number | undefined, limit: ConnectionLimit): void {
  if (connections === undefined || connections <= limit.connections) return
  throw exceedsShare(`A pool of ${connections} connections`, limit.connections)
}
