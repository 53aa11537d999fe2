import { setTimeout as delay } from 'node:timers/promises'
import { SpillwayError, toError } from '@spillway/message'
import type { Reaper } from '../reaper/reaper.ts'
import type { Cluster } from './cluster.ts'
import { type Account, run } from './command.ts'
import { launch, type Server } from './server.ts'
import type { SessionCount } from './session-count.ts'

/** What {@link createSupervisor} takes. */
export interface SupervisorOptions {
  /** The path of `postgres`. */
  readonly program: string
  readonly account: Account | undefined
  readonly cluster: Cluster
  readonly reaper: Reaper
  readonly sessions: SessionCount
}

/** Starts and stops the server of one cluster. Calls after {@link Supervisor.open} run one at a time, in order. */
export interface Supervisor {
  /** Starts the server for the first time. Every later start uses the same port. */
  open(port: number): Promise<void>
  /** Ends the server and deletes the data. Only for a start that failed; otherwise {@link Supervisor.stop}. */
  close(): Promise<void>
  crash(): Promise<void>
  start(): Promise<void>
  restart(mode: 'fast' | 'immediate'): Promise<void>
  stop(): Promise<void>
}

/** Milliseconds for which a restart is retried. */
const restartTimeout = 20_000

/** Creates a supervisor whose server does not run yet. */
export function createSupervisor({
  program,
  account,
  cluster,
  reaper,
  sessions,
}: SupervisorOptions): Supervisor {
  const { data } = cluster
  const inOrder = createQueue()
  let server: Server | undefined
  let port = 0
  let crashed = false
  let stopped = false
  /** Whether the server is meant to run: then its end is an accident. */
  let serving = false

  async function open(at: number): Promise<void> {
    port = at
    const { read: onLine } = sessions
    server = await launch({ program, account, data, port, reaper, onLine, onExit })
    crashed = false
    serving = true
  }

  function onExit(): void {
    sessions.clear()
    if (!serving) return
    serving = false
    crashed = true
    // As a managed database does, whatever has killed it.
    inOrder(startAgain).catch((error: unknown) => console.error(toError(error).message))
  }

  async function close(): Promise<void> {
    serving = false
    await server?.end('SIGINT')
    // A killed server leaves shared memory behind. A short run in single-user mode releases it.
    if (crashed) await run(program, ['--single', '-D', data, 'postgres'], account).catch(() => '')
    await cluster.delete()
  }

  async function startAgain(): Promise<void> {
    if (stopped) {
      throw new SpillwayError('SPILLWAY_START_FAILED', 'This Postgres was stopped: start a new one.')
    }
    if (server?.running() === true) return
    // The memory, the lock and the port of the previous server may take a moment to become free.
    await retryFor(restartTimeout, () => open(port))
  }

  async function crash(): Promise<void> {
    serving = false
    if (server?.running() !== true) return
    crashed = true
    await server.kill()
  }

  async function restart(mode: 'fast' | 'immediate'): Promise<void> {
    serving = false
    await server?.end(mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
    await startAgain()
  }

  async function stop(): Promise<void> {
    if (stopped) return
    stopped = true
    await close()
  }

  return {
    open,
    close,
    crash: () => inOrder(crash),
    start: () => inOrder(startAgain),
    restart: (mode) => inOrder(() => restart(mode)),
    stop: () => inOrder(stop),
  }
}

/** Runs tasks one at a time, in the order of the calls. */
function createQueue(): (task: () => Promise<void>) => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  return (task) => {
    const next = last.then(task)
    last = next.catch(() => undefined)
    return next
  }
}

async function retryFor(milliseconds: number, attempt: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + milliseconds
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await delay(100)
    }
  }
}
