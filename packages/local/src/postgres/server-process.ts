import type { Reaper } from '../reaper/reaper.ts'
import type { Cluster } from './cluster.ts'
import type { Account } from './command.ts'
import { launch, type Server } from './server.ts'
import type { SessionCount } from './session-count.ts'

/** What {@link createServerProcess} takes. */
export interface ServerProcessOptions {
  /** The path of `postgres`. */
  readonly program: string
  readonly account: Account | undefined
  readonly cluster: Pick<Cluster, 'data'>
  readonly reaper: Reaper
  readonly sessions: SessionCount
  /** Called when the server ends although it should run. */
  onUnexpectedEnd(): void
}

/** The process of a server, which can be started again after its end. */
export interface ServerProcess {
  /** Starts it on a port; by default on the port of its previous start. */
  start(port?: number): Promise<void>
  /** Shuts it down; does nothing when it does not run. */
  end(signal: 'SIGINT' | 'SIGQUIT'): Promise<void>
  /** Kills it with `kill -9`; does nothing when it does not run. */
  kill(): Promise<void>
  isRunning(): boolean
  /** Whether its last run ended by {@link ServerProcess.kill} or unexpectedly. */
  wasKilled(): boolean
}

/** Creates a process that does not run yet. */
export function createServerProcess(options: ServerProcessOptions): ServerProcess {
  const { program, account, cluster, reaper, sessions, onUnexpectedEnd } = options
  let server: Server | undefined
  let port = 0
  let killed = false
  /** Whether the server should run; then its end is unexpected. */
  let serving = false

  function onExit(): void {
    sessions.clear()
    if (!serving) return
    serving = false
    killed = true
    onUnexpectedEnd()
  }

  return {
    async start(at = port) {
      port = at
      const { data } = cluster
      const { read: onLine } = sessions
      server = await launch({ program, account, data, port, reaper, onLine, onExit })
      killed = false
      serving = true
    },
    async end(signal) {
      serving = false
      await server?.end(signal)
    },
    async kill() {
      serving = false
      if (server?.running() !== true) return
      killed = true
      await server.kill()
    },
    isRunning: () => server?.running() === true,
    wasKilled: () => killed,
  }
}
