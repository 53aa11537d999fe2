import { coldStartLimit, coldStarts } from './cold-starts.ts'
import type { Environment } from './environment.ts'
import type { StartFailure } from './lifecycle.ts'

/** What {@link createStarts} takes. */
export interface StartsOptions {
  /** The most environments. */
  readonly most: number
  /** How many environments exist. */
  size(): number
  /** How many requests wait for an environment. */
  waiting(): number
  isStopped(): boolean
  /** Starts an environment. */
  launch(): Environment
  onStarted(environment: Environment): void
  onStartFailure(failure: StartFailure): void
}

/** Starts the environments of one function. */
export interface Starts {
  /** Starts environments for the waiting requests, within the limits. */
  startMore(): void
  /** Starts environments until there are `count` of them; resolves early with the failure of a start. */
  provision(count: number): Promise<StartFailure | undefined>
}

/** Creates the {@link Starts} of a function. */
export function createStarts(options: StartsOptions): Starts {
  const { most, size, waiting, isStopped, launch, onStarted, onStartFailure } = options
  let starting = 0

  async function startOne(): Promise<StartFailure | undefined> {
    const environment = launch()
    starting += 1
    const failure = await environment.started
    starting -= 1
    if (failure === undefined) onStarted(environment)
    else onStartFailure(failure)
    return failure
  }

  async function coldStart(): Promise<void> {
    const begun = performance.now()
    await startOne()
    coldStarts.end(performance.now() - begun)
    startMore()
  }

  function startMore(): void {
    while (!isStopped() && starting < waiting() && size() < most) {
      if (!coldStarts.begin(size(), startMore)) return
      void coldStart()
    }
  }

  return {
    startMore,
    // It does not wait for an idle processor, because there are no requests yet that a cold start could slow down.
    async provision(count) {
      const wanted = Math.min(count, most)
      let failure: StartFailure | undefined
      async function startInTurn(): Promise<void> {
        while (!isStopped() && failure === undefined && size() < wanted) failure ??= await startOne()
      }
      await Promise.all(Array.from({ length: coldStartLimit }, startInTurn))
      return failure
    },
  }
}
