import { Socket } from 'node:net'
import {
  type Clock,
  checkOptions,
  integer,
  isClock,
  type OptionRules,
  systemClock,
} from '@spillway/message/internal'
import { createPermits, type Permit, type PermitUse } from './permits.ts'
import { exceedsShare, givenShare } from './share.ts'

/** Options of {@link connectionLimit}. */
export interface ConnectionLimitOptions {
  /**
   * The maximum number of connections from this environment to one database: its share of the budget. Default: the
   * environment variable `SPILLWAY_CONNECTIONS`, which the local runtime sets from `connections` of the app definition;
   * without that variable 1, which is right where an environment runs one invocation at a time, as on Lambda.
   */
  readonly connections?: number
  /**
   * Default: the clock of the machine.
   *
   * @internal
   */
  readonly clock?: Clock
}

/** Limits the connections of one environment to one database. Pools with the same limit share it. */
export interface ConnectionLimit {
  /** The share: the maximum number of open connections. */
  readonly connections: number
  /**
   * The number of open sockets, connecting and closing ones included, and of sessions that the server may still have.
   */
  readonly open: number
  /**
   * Creates a socket of this limit, not yet connected. Its `connect` waits until there is room, and it counts until it
   * is closed. Pass it as `stream` of `pg`; {@link postgresPool} and {@link mysqlPool} use it by themselves.
   */
  socket(): Socket
  /**
   * For pools: takes a permit to use one connection; `undefined` if none is free within this many milliseconds.
   *
   * @internal
   */
  take(milliseconds: number): Promise<Permit | undefined>
  /**
   * For pools: the use of each permit; `undefined` while its connection is being opened.
   *
   * @internal
   */
  uses(): readonly (PermitUse | undefined)[]
  /**
   * For pools: whether an unused connection should be closed, because another use waits.
   *
   * @internal
   */
  isCrowded(): boolean
  /**
   * For pools: registers a callback for when an unused connection should be closed. Returns a function that removes it.
   *
   * @internal
   */
  onCrowded(closeUnused: () => boolean): () => void
  /**
   * For pools: a socket is about to be closed, but the server may still have its session. It counts until `ended`
   * settles.
   *
   * @internal
   */
  countUntil(ended: Promise<unknown>): void
}

const rules: OptionRules<ConnectionLimitOptions> = {
  connections: integer(1, 10_000),
  clock: isClock,
}

/**
 * Creates a limit that this environment cannot exceed, regardless of the settings of its pools. It counts sockets, from
 * before they connect until they are closed, and the sessions that the server may still have after that. A client that
 * is created from the options of a pool counts too. The request by which {@link postgresPool} cancels a statement is
 * not a session and does not count.
 *
 * @example
 * ```ts
 * import { connectionLimit, postgresPool } from '@spillway/kysely'
 * import { Pool } from 'pg'
 *
 * const limit = connectionLimit({ connections: 4 })
 * const orders = postgresPool({ Pool, limit, connectionString: process.env.ORDERS_URL })
 * const audit = postgresPool({ Pool, limit, connectionString: process.env.AUDIT_URL })
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown or out of range, when it is more than the
 * environment variable allows, or when that is not a whole number from 1 to 10,000.
 */
export function connectionLimit(options: ConnectionLimitOptions = {}): ConnectionLimit {
  checkOptions('connectionLimit', options, rules)
  const share = givenShare(process.env)
  const { clock = systemClock, connections = share ?? 1 } = options
  if (share !== undefined && connections > share) {
    throw exceedsShare(`A limit of ${connections} connections`, share)
  }
  const permits = createPermits(connections, clock)
  const slots = createSlots(connections)
  return {
    connections,
    get open() {
      return slots.counted()
    },
    socket: () => countedSocket(slots),
    take: permits.take,
    uses: permits.uses,
    isCrowded: slots.isCrowded,
    onCrowded: slots.onCrowded,
    countUntil: slots.countUntil,
  }
}

/**
 * The slots for sockets. They are not a semaphore: a session takes over the slot of a socket, a wait ends when its
 * socket is closed, and a freed slot is used in the same tick.
 */
interface Slots {
  counted(): number
  isCrowded(): boolean
  onCrowded(closeUnused: () => boolean): () => void
  /** Connects the socket as soon as there is a free slot. */
  enter(socket: Socket, connect: () => void): void
  leave(socket: Socket): void
  countUntil(ended: Promise<unknown>): void
}

function createSlots(connections: number): Slots {
  const counted = new Set<object>()
  /** Sessions of sockets that are about to be closed. Each takes over the slot of the next socket that closes. */
  const lingering = new Set<object>()
  const waiting = new Map<Socket, () => void>()
  const closers = new Set<() => boolean>()
  const isCrowded = () => waiting.size > 0 || counted.size > connections

  function connectWaiting(): void {
    for (const [socket, connect] of waiting) {
      if (counted.size >= connections) break
      waiting.delete(socket)
      counted.add(socket)
      connect()
    }
    if (isCrowded()) [...closers].some((closeUnused) => closeUnused())
  }

  return {
    counted: () => counted.size,
    isCrowded,
    onCrowded(closeUnused) {
      closers.add(closeUnused)
      return () => void closers.delete(closeUnused)
    },
    enter(socket, connect) {
      waiting.set(socket, connect)
      connectWaiting()
    },
    leave(socket) {
      waiting.delete(socket)
      if (counted.delete(socket)) {
        const [session] = lingering
        if (session !== undefined && lingering.delete(session)) counted.add(session)
      }
      connectWaiting()
    },
    countUntil(ended) {
      lingering.add(ended)
      const free = () => {
        lingering.delete(ended)
        counted.delete(ended)
        connectWaiting()
      }
      ended.then(free, free)
    },
  }
}

/** A socket that counts from before it connects until it is closed. */
function countedSocket(slots: Slots): Socket {
  const socket = new Socket()
  const connect = socket.connect.bind(socket) as (...parameters: unknown[]) => Socket
  socket.connect = (...parameters: unknown[]) => {
    slots.enter(socket, () => {
      try {
        if (!socket.destroyed) connect(...parameters)
      } catch (error) {
        // The port is invalid. A closed socket no longer counts, and its listeners get the error.
        socket.destroy(error as Error)
      }
    })
    return socket
  }
  socket.once('close', () => slots.leave(socket))
  return socket
}
