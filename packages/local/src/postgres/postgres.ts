import { setTimeout as delay } from 'node:timers/promises'
import { SpillwayError, toError } from '@spillway/message'
import { type Reaper, startReaper } from '../reaper/reaper.ts'
import { requireNode } from '../require-node.ts'
import { findBinaries } from './binaries.ts'
import { createCluster } from './cluster.ts'
import { run, serverAccount } from './command.ts'
import { withClient } from './connect.ts'
import { freePort, isFree } from './free-port.ts'
import { runMigrations } from './migrations.ts'
import { createRoles, type FunctionsLimits, functionsRole, grantRights, ownerRole } from './roles.ts'
import { launch, type Server } from './server.ts'
import { createSessionCount } from './session-count.ts'
import { configuration, type Settings } from './settings.ts'

/** What a local Postgres is to be. */
export interface PostgresOptions {
  /** Default 20. */
  readonly maxConnections?: number
  /**
   * How many of them the functions cannot use. Default 3. Up to 3 are the server's `superuser_reserved_connections`, those
   * above 3 its `reserved_connections`, which the role `spillway` may use.
   */
  readonly reserved?: number
  /** Absolute path of a folder with `*.sql` files, run in the order of their names. */
  readonly migrations?: string | undefined
  /** Further settings of postgresql.conf, except those that the launcher depends on. */
  readonly settings?: Settings | undefined
  /**
   * Ends the server when this process dies, however it dies. Default: one of its own. For several servers, or other
   * processes, that share one: `startReaper()`.
   */
  readonly reaper?: Reaper | undefined
  /** Default: a free one. */
  readonly port?: number | undefined
  /** Default `app`. */
  readonly databaseName?: string
  /** What the server holds the functions' role to. */
  readonly functions?: FunctionsLimits | undefined
}

/** A real Postgres on 127.0.0.1 with a data folder that goes with it. */
export interface Postgres {
  /** For people: as the role `spillway`, which owns the database. */
  readonly url: string
  /** For the functions: as the role `app`, which has all rights on the tables of `spillway` and no others. */
  readonly functionsUrl: string
  readonly maxConnections: number
  /** The connections that the functions' role holds now; 0 while the server is down. */
  connections(): number
  /** The most that it has held at one time, each session counted. A crash or a restart does not lower it. */
  peakConnections(): number
  /** How many clients were refused for want of a slot (SQLSTATE 53300), since the start. */
  refusedConnections(): number
  /** Starts the peak again from the connections held now. */
  resetPeak(): void
  /**
   * `kill -9` of the postmaster and its backends, as when the machine crashes. It stays down until {@link start};
   * a server that anyone else ends is started again at once. Nothing happens when it is down.
   */
  crash(): Promise<void>
  /** Starts the server again on the same data and port. Nothing happens when it runs. */
  start(): Promise<void>
  /** Ends the sessions (`fast`) or recovers as after a crash (`immediate`), and starts again. */
  restart(mode: 'fast' | 'immediate'): Promise<void>
  /** Shuts down and deletes the data, for good. May be called again. */
  stop(): Promise<void>
}

const restartPatience = 20_000

/**
 * Starts a Postgres with its roles, its database and its migrations.
 *
 * @throws SpillwayError `SPILLWAY_PORT_IN_USE` when the port asked for is taken, `SPILLWAY_OPTION_INVALID` for a
 * setting that cannot be set, `SPILLWAY_START_FAILED` for anything else, with what Postgres says about it.
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
      `Postgres cannot listen on 127.0.0.1:${options.port}: something else does. End that, or choose another port.`,
    )
  }
  const account = await serverAccount()
  const binaries = await findBinaries(account, reaper)
  const cluster = await createCluster(binaries, account, conf, reaper)
  const { data } = cluster
  const sessions = createSessionCount(functionsRole, maxConnections - reserved)

  let server: Server | undefined
  let crashed = false
  let stopped = false
  /** Whether the server runs and is to go on: then its end is an accident. */
  let serving = false
  const open = async (port: number): Promise<void> => {
    const { read: onLine } = sessions
    server = await launch({ program: binaries.postgres, account, data, port, reaper, onLine, onExit })
    crashed = false
    serving = true
  }
  const onExit = (): void => {
    sessions.clear()
    if (!serving) return
    serving = false
    crashed = true
    // As a managed database does: what killed it (an operator, the kernel) is not asked.
    inTurn(reopen).catch((error: unknown) => console.error(toError(error).message))
  }
  const close = async (): Promise<void> => {
    serving = false
    await server?.end('SIGINT')
    // Shared memory outlives a killed server; its next life, even one this short, gives it back.
    if (crashed) await run(binaries.postgres, ['--single', '-D', data, 'postgres'], account).catch(() => '')
    await cluster.delete()
  }
  const reopen = async (): Promise<void> => {
    if (stopped)
      throw new SpillwayError('SPILLWAY_START_FAILED', 'This Postgres was stopped: start a new one.')
    if (server?.running() === true) return
    const deadline = performance.now() + restartPatience
    for (;;) {
      try {
        return await open(port)
      } catch (error) {
        // The memory, the lock or the port of the server before may take a moment to come free.
        if (performance.now() > deadline) throw error
        await delay(100)
      }
    }
  }
  // A dashboard's buttons are pressed at any time: one thing after the other.
  let last: Promise<void> = Promise.resolve()
  const inTurn = (task: () => Promise<void>): Promise<void> => {
    const next = last.then(task)
    last = next.catch(() => undefined)
    return next
  }

  let port = 0
  try {
    port = await openSomewhere(options.port, open)
    await setUp(port, cluster.superuserPassword, options)
  } catch (error) {
    await close()
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
    crash: () =>
      inTurn(async () => {
        serving = false
        if (server?.running() !== true) return
        crashed = true
        await server.kill()
      }),
    start: () => inTurn(reopen),
    restart: (mode: 'fast' | 'immediate') =>
      inTurn(async () => {
        serving = false
        await server?.end(mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
        await reopen()
      }),
    stop: () =>
      inTurn(async () => {
        if (stopped) return
        stopped = true
        await close()
      }),
  })
}

// Somebody may take a free port before Postgres does.
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

async function setUp(port: number, password: string, options: ServerOptions): Promise<void> {
  const { databaseName, migrations } = options
  const superuser = { port, user: 'postgres', password, database: 'postgres' }
  await withClient(superuser, (client) => createRoles(client, databaseName, options.functions))
  const owner = { port, user: ownerRole, password: ownerRole, database: databaseName }
  await withClient(owner, async (client) => {
    await grantRights(client)
    if (migrations !== undefined) await runMigrations(client, migrations)
  })
}
