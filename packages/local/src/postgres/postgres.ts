import { SpillwayError, toError } from '@spillway/message'
import { type Reaper, startReaper } from '../reaper/reaper.ts'
import { requireNode } from '../require-node.ts'
import { findBinaries } from './binaries.ts'
import { createCluster } from './cluster.ts'
import { serverAccount } from './command.ts'
import { withClient } from './connect.ts'
import { freePort, isFree } from './free-port.ts'
import { runMigrations } from './migrations.ts'
import { type FunctionsLimits, functionsRole, grantRights, nameDatabase, ownerRole } from './roles.ts'
import { createSessionCount } from './session-count.ts'
import { configuration, type Settings } from './settings.ts'
import { createSupervisor } from './supervisor.ts'

/** What {@link startPostgres} takes. */
export interface PostgresOptions {
  /** `max_connections` of the server. Default 20. */
  readonly maxConnections?: number
  /**
   * How many of them the functions cannot use. Default 3. The first 3 are the server's
   * `superuser_reserved_connections`; the others are its `reserved_connections`, which the role `spillway` may use.
   */
  readonly reserved?: number
  /** Absolute path of a folder with `*.sql` files, run in the order of their names. */
  readonly migrations?: string | undefined
  /** Further settings of postgresql.conf, except those that this runtime sets. */
  readonly settings?: Settings | undefined
  /**
   * Ends the server when this process dies in any way. Default: a new reaper. Several servers can share one from
   * `startReaper()`.
   */
  readonly reaper?: Reaper | undefined
  /** The port of the server. Default: a free one. */
  readonly port?: number | undefined
  /** The name of the database. Default `app`. */
  readonly databaseName?: string
  /** The limits of the functions' role. */
  readonly functions?: FunctionsLimits | undefined
}

/** A real Postgres on 127.0.0.1 with a temporary data folder. */
export interface Postgres {
  /** The connection string for manual use, of the role `spillway`, which owns the database. */
  readonly url: string
  /**
   * The connection string of the functions, of the role `app`, which has all rights on the tables of `spillway` and no
   * others.
   */
  readonly functionsUrl: string
  readonly maxConnections: number
  /** How many connections the functions' role holds now; 0 while the server is down. */
  connections(): number
  /** The most connections that it has held at the same time. A crash or a restart does not reset it. */
  peakConnections(): number
  /** How many clients were rejected since the start because no slot was free (SQLSTATE 53300). */
  refusedConnections(): number
  /** Resets the peak to the current number of connections. */
  resetPeak(): void
  /**
   * Kills the postmaster and its backends with `kill -9`, as when the machine crashes. The server stays down until
   * {@link start}. If something else ends the server, it is restarted at once. Does nothing while the server is down.
   */
  crash(): Promise<void>
  /** Starts the server again with the same data and port. Does nothing while it runs. */
  start(): Promise<void>
  /** Restarts the server after ending the sessions (`fast`), or with crash recovery (`immediate`). */
  restart(mode: 'fast' | 'immediate'): Promise<void>
  /** Shuts down and deletes the data. Safe to call again. */
  stop(): Promise<void>
}

/**
 * Starts a Postgres with its roles, its database and its migrations.
 *
 * @throws SpillwayError `SPILLWAY_PORT_IN_USE` when the given port is in use, `SPILLWAY_OPTION_INVALID` for a setting
 * that cannot be set, and `SPILLWAY_START_FAILED` with the error of Postgres for anything else.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  requireNode()
  const { maxConnections = 20, reserved = 3, databaseName = 'app' } = options
  const numbers = { ...options, maxConnections, reserved, databaseName }
  if (options.reaper !== undefined) return startServer({ ...numbers, reaper: options.reaper })
  const reaper = await startReaper()
  try {
    const postgres = await startServer({ ...numbers, reaper })
    return Object.freeze({
      ...postgres,
      stop: () => postgres.stop().finally(() => reaper.stop()),
    })
  } catch (error) {
    await reaper.stop()
    throw error
  }
}

type ServerOptions = PostgresOptions &
  Required<Pick<PostgresOptions, 'maxConnections' | 'reserved'>> & {
    readonly databaseName: string
    readonly reaper: Reaper
  }

async function startServer(options: ServerOptions): Promise<Postgres> {
  const { maxConnections, reserved, reaper, databaseName } = options
  const conf = configuration(options, options.settings)
  if (options.port !== undefined && !(await isFree(options.port))) {
    throw new SpillwayError(
      'SPILLWAY_PORT_IN_USE',
      `Postgres cannot listen on 127.0.0.1:${options.port}, because another process does. Stop that process, or choose another port.`,
    )
  }
  const account = await serverAccount()
  const binaries = await findBinaries(account, reaper)
  const cluster = await createCluster(binaries, account, conf, reaper)
  const sessions = createSessionCount(functionsRole, maxConnections - reserved)
  const server = createSupervisor({ program: binaries.postgres, account, cluster, reaper, sessions })

  let port = 0
  try {
    port = await openSomewhere(options.port, server.open)
    await setUp(port, options)
  } catch (error) {
    await server.close()
    if (error instanceof SpillwayError) throw error
    throw new SpillwayError('SPILLWAY_START_FAILED', `Postgres did not start: ${toError(error).message}`, {
      cause: error,
    })
  }
  const address = `127.0.0.1:${port}/${encodeURIComponent(databaseName)}`

  return Object.freeze({
    url: `postgres://${ownerRole}:${ownerRole}@${address}`,
    functionsUrl: `postgres://${functionsRole}:${functionsRole}@${address}`,
    maxConnections,
    connections: sessions.now,
    peakConnections: sessions.peak,
    refusedConnections: sessions.refused,
    resetPeak: sessions.resetPeak,
    crash: server.crash,
    start: server.start,
    restart: server.restart,
    stop: server.stop,
  })
}

/** Opens on a free port, and tries another one when another process takes the port first. */
async function openSomewhere(
  wanted: number | undefined,
  open: (port: number) => Promise<void>,
): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = wanted ?? (await freePort())
    try {
      await open(port)
      return port
    } catch (error) {
      const taken = error instanceof SpillwayError && error.code === 'SPILLWAY_PORT_IN_USE'
      if (!taken || wanted !== undefined || attempt === 5) throw error
    }
  }
}

async function setUp(port: number, options: ServerOptions): Promise<void> {
  const { databaseName, migrations } = options
  const owner = { port, user: ownerRole, password: ownerRole }
  await withClient({ ...owner, database: 'postgres' }, (client) =>
    nameDatabase(client, databaseName, options.functions),
  )
  await withClient({ ...owner, database: databaseName }, async (client) => {
    await grantRights(client)
    if (migrations !== undefined) await runMigrations(client, migrations)
  })
}
