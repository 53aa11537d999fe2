import { coldStartLimit, coldStarts } from './cold-starts.ts'
import type { Environment } from './environment.ts'
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
export interface EnvironmentPool {
  /** Takes the idle environment that was used last; `undefined` when none is idle. */
  take(): Environment | undefined
  /** Makes an environment available again after an invocation. */
  release(environment: Environment): void
  /** Starts environments for the waiting requests, within the limits. */
  startMore(): void
  /** Starts environments until there are `count` of them; resolves with the failure of a start that ended this early. */
  provision(count: number): Promise<StartFailure | undefined>
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
  let starting = 0
  let isStopped = false

  async function coldStart(): Promise<void> {
    const begun = performance.now()
    await startOne()
    coldStarts.end(performance.now() - begun)
    startMore()
  }

  async function startOne(): Promise<StartFailure | undefined> {
    const environment = launch()
    states.set(environment, 'starting')
    starting += 1
    void environment.gone.then(() => forget(environment))
    const failure = await environment.started
    starting -= 1
    if (failure === undefined) release(environment)
    else onStartFailure(failure)
    return failure
  }

  /** Does not ask whether the processor is idle: there are no requests yet that a cold start could slow down. */
  async function provision(count: number): Promise<StartFailure | undefined> {
    const wanted = Math.min(count, most)
    let failure: StartFailure | undefined
    async function startInTurn(): Promise<void> {
      while (!isStopped && failure === undefined && states.size < wanted) failure ??= await startOne()
    }
    await Promise.all(Array.from({ length: coldStartLimit }, startInTurn))
    return failure
  }

  function startMore(): void {
    while (!isStopped && starting < waiting() && states.size < most) {
      if (!coldStarts.begin(states.size, startMore)) return
      void coldStart()
    }
  }

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
