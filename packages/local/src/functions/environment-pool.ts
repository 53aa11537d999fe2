import type { Environment } from './environment.ts'
import { createStarts, type Starts } from './environment-starts.ts'
import type { StartFailure } from './lifecycle.ts'
import type { EnvironmentInfo } from './types.ts'

/** Milliseconds after which an unused environment is ended. Lambda ends them, too, after an unspecified time. */
const idleLimit = 10 * 60_000

/** What {@link createEnvironmentPool} takes. */
export interface EnvironmentPoolOptions {
  /** Starts an environment. */
  launch(): Environment
  /** The most environments. */
  readonly most: number
  /** How many requests wait for an environment. */
  waiting(): number
  /** Offers an environment that is free; returns whether it got a request. */
  onFree(environment: Environment): boolean
  onStartFailure(failure: StartFailure): void
}

/** The execution environments of one function. */
export interface EnvironmentPool extends Starts {
  /** Takes the idle environment that was used last; `undefined` when none is idle. */
  take(): Environment | undefined
  /** Makes an environment available again after an invocation. */
  release(environment: Environment): void
  /** How many environments exist. */
  size(): number
  list(): readonly EnvironmentInfo[]
  /** Kills every environment and resolves once they are gone. */
  stop(): Promise<void>
}

/** Creates an empty pool. */
export function createEnvironmentPool(options: EnvironmentPoolOptions): EnvironmentPool {
  const { launch, most, waiting, onFree, onStartFailure } = options
  const states = new Map<Environment, EnvironmentInfo['state']>()
  const idle = createIdleList()
  let isStopped = false

  const { startMore, provision } = createStarts({
    most,
    size: () => states.size,
    waiting,
    isStopped: () => isStopped,
    launch() {
      const environment = launch()
      states.set(environment, 'starting')
      void environment.gone.then(() => forget(environment))
      return environment
    },
    onStarted: release,
    onStartFailure,
  })

  function forget(environment: Environment): void {
    states.delete(environment)
    idle.remove(environment)
    startMore()
  }

  function release(environment: Environment): void {
    if (isStopped || !environment.isAlive()) return
    states.set(environment, 'busy')
    if (onFree(environment)) return
    states.set(environment, 'idle')
    idle.add(environment)
    environment.rest()
  }

  function take(): Environment | undefined {
    const environment = idle.take()
    if (environment !== undefined) states.set(environment, 'busy')
    return environment
  }

  const sweeping = setInterval(idle.endUnused, idleLimit / 10).unref()

  return {
    take,
    release,
    startMore,
    provision,
    size: () => states.size,
    list: () => [...states].flatMap(([{ pid }, state]) => (pid === undefined ? [] : [{ pid, state }])),
    async stop() {
      isStopped = true
      clearInterval(sweeping)
      const environments = [...states.keys()]
      for (const environment of environments) environment.kill()
      await Promise.all(environments.map(({ gone }) => gone))
    },
  }
}

/** Idle environments, in the order in which they became idle. */
function createIdleList() {
  const list: Environment[] = []
  const since = new WeakMap<Environment, number>()
  return {
    add(environment: Environment): void {
      list.push(environment)
      since.set(environment, performance.now())
    },
    remove(environment: Environment): void {
      const index = list.indexOf(environment)
      if (index !== -1) list.splice(index, 1)
    },
    take(): Environment | undefined {
      let environment = list.pop()
      while (environment?.isAlive() === false) environment = list.pop()
      return environment
    },
    endUnused(): void {
      const before = performance.now() - idleLimit
      while (list[0] !== undefined && (since.get(list[0]) ?? 0) < before) list.shift()?.kill()
    },
  }
}
