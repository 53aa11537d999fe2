import type { ConnectionLeases } from '../../connections/connection-leases.ts'
import { isUnderWay, type PgClient } from './pg-client.ts'

/** Returns clients to the pool of `pg` when the server has finished its answer. */
export interface ClientReturns {
  /** Registers a client when the pool of `pg` provides it. */
  add(client: PgClient): void
  /** Returns a client to be closed. */
  discard(client: PgClient): void
  /** Replaces the `release` of a client for one use. */
  lend(client: PgClient, leases: ConnectionLeases<PgClient>): PgClient
  /** The server has finished its answer to a client whose use has ended. */
  settle(client: PgClient): void
  /** Returns the clients whose use has ended, even if the server is still answering. */
  settleAll(): void
}

/** Creates the {@link ClientReturns} of one pool. */
export function createClientReturns(): ClientReturns {
  /** The functions that return a client to the pool of `pg`. */
  const releases = new WeakMap<PgClient, (destroy?: boolean) => void>()
  /** Clients whose use ended before the server had finished its answer. */
  const underWay = new Map<PgClient, () => void>()
  return {
    add: (client) => void releases.set(client, client.release.bind(client)),
    discard: (client) => releases.get(client)?.(true),
    lend(client, leases) {
      const release = releases.get(client)
      client.release = (destroy = false) => {
        const isLost = destroy || !leases.isHealthy(client)
        const settle = () => {
          underWay.delete(client)
          leases.giveBack(client, isLost || isInTransaction(client), (isKept) => release?.(!isKept))
        }
        if (isLost || !isUnderWay(client)) settle()
        else underWay.set(client, settle)
      }
      return client
    },
    settle: (client) => underWay.get(client)?.(),
    settleAll() {
      for (const settle of underWay.values()) settle()
    },
  }
}

/**
 * Whether a transaction is open, if the version of `pg` reports it: otherwise later statements on the connection would
 * become part of it.
 */
function isInTransaction(client: object): boolean {
  const { getTransactionStatus } = client as { getTransactionStatus?: () => unknown }
  return ['T', 'E'].includes(String(getTransactionStatus?.call(client)))
}
