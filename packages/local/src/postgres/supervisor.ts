import { setTimeout as delay } from 'node:timers/promises'
import { SpillwayError, toError } from '@spillway/message'
import type { Cluster } from './cluster.ts'
import { run } from './command.ts'
import { createServerProcess, type ServerProcessOptions } from './server-process.ts'

/** What {@link createSupervisor} takes. */
export interface SupervisorOptions extends Omit<ServerProcessOptions, 'onUnexpectedEnd'> {
  readonly cluster: Cluster
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
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { program, account, cluster } = options
  const inOrder = createQueue()
  const postmaster = createServerProcess({
    ...options,
    // A managed database restarts after an unexpected end, too.
    onUnexpectedEnd: () =>
      inOrder(startAgain).catch((error: unknown) => console.error(toError(error).message)),
  })
  let stopped = false

  async function close(): Promise<void> {
    await postmaster.end('SIGINT')
    // A killed server leaves shared memory behind. A short run in single-user mode releases it.
    if (postmaster.wasKilled()) {
      await run(program, ['--single', '-D', cluster.data, 'postgres'], account).catch(() => '')
    }
    await cluster.delete()
  }

  async function startAgain(): Promise<void> {
    if (stopped) {
      throw new SpillwayError('SPILLWAY_START_FAILED', 'This Postgres was stopped. Start a new one.')
    }
    if (postmaster.isRunning()) return
    // The memory, the lock and the port of the previous server may take a moment to become free.
    await retryFor(restartTimeout, () => postmaster.start())
  }

  async function restart(mode: 'fast' | 'immediate'): Promise<void> {
    await postmaster.end(mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
    await startAgain()
  }

  async function stop(): Promise<void> {
    if (stopped) return
    stopped = true
    await close()
  }

  return {
    open: postmaster.start,
    close,
    crash: () => inOrder(postmaster.kill),
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
