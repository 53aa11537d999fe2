import { createEnvironmentClock, type EnvironmentClock } from '../time/environment-clock.ts'
import { seeded } from '../time/random.ts'
import type { VirtualClock } from '../time/virtual-clock.ts'

/** The parameters of a Lambda function. */
export interface FunctionOptions {
  /** Seconds. */
  readonly timeout: number
  /** Megabytes. Default 512. */
  readonly memorySize?: number
}

/** The part of Lambda's context that handlers read. */
export interface Context {
  readonly awsRequestId: string
  getRemainingTimeInMillis(): number
}

/** A Lambda handler. */
export type Handler = (event: unknown, context: Context) => Promise<unknown>

/** The parts of each execution environment. */
export interface EnvironmentFacts {
  readonly clock: EnvironmentClock
  readonly random: () => number
  /** Registers a function that runs when the environment has ended. */
  onEnd(run: () => void): void
}

/** The result of an invocation. */
export type Invocation =
  | { readonly kind: 'answer'; readonly answer: unknown }
  | { readonly kind: 'error'; readonly error: unknown }
  | { readonly kind: 'time-out' }

/** The environments of a function. */
export interface Functions {
  invoke(event: unknown): Promise<Invocation>
  readonly usage: FunctionUsage
}

/** The billed usage of a function. */
export interface FunctionUsage {
  readonly invocations: number
  readonly timeouts: number
  readonly errors: number
  readonly environments: number
  readonly gbSeconds: number
}

interface Environment {
  readonly handle: Handler
  readonly clock: EnvironmentClock
  readonly end: () => void
  idleSince: number
}

const coldStart = 300
/**
 * Milliseconds after which Lambda ends an idle environment. Lambda does not document it; in practice it takes minutes.
 */
const idleLife = 600_000

/**
 * Creates the execution environments of a function. Each runs one invocation at a time and is frozen in between; the
 * most recently used one is used first. An environment whose invocation times out is ended, as on Lambda.
 *
 * @param start creates the handler of a new environment
 */
export function createFunctions(
  options: FunctionOptions,
  clock: VirtualClock,
  seed: number,
  start: (facts: EnvironmentFacts) => Handler,
): Functions {
  const { timeout, memorySize = 512 } = options
  const idle: Environment[] = []
  const usage = { invocations: 0, timeouts: 0, errors: 0, environments: 0, gbSeconds: 0 }

  function takeIdle(): Environment | undefined {
    while (idle[0] !== undefined && clock.now() - idle[0].idleSince > idleLife) idle.shift()?.end()
    const environment = idle.pop()
    environment?.clock.thaw()
    return environment
  }

  function giveBack(environment: Environment): void {
    environment.clock.freeze()
    environment.idleSince = clock.now()
    idle.push(environment)
  }

  return {
    usage,
    async invoke(event) {
      usage.invocations += 1
      const startedAt = clock.now()
      let environment = takeIdle()
      if (environment === undefined) {
        environment = createEnvironment(clock, seeded(seed, `environment ${usage.environments++}`), start)
        await clock.sleep(coldStart)
      }
      const invocation = await run(environment, event, {
        clock,
        timeout,
        requestId: `request-${usage.invocations}`,
      })
      usage.gbSeconds += ((clock.now() - startedAt) / 1000) * (memorySize / 1024)
      if (invocation.kind === 'time-out') {
        usage.timeouts += 1
        environment.end()
      } else {
        if (invocation.kind === 'error') usage.errors += 1
        giveBack(environment)
      }
      return invocation
    },
  }
}

function createEnvironment(
  clock: VirtualClock,
  random: () => number,
  start: (facts: EnvironmentFacts) => Handler,
): Environment {
  const own = createEnvironmentClock(clock)
  const ends: (() => void)[] = []
  const handle = start({ clock: own, random, onEnd: (run) => void ends.push(run) })
  const end = () => {
    own.kill()
    for (const run of ends) run()
  }
  return { handle, clock: own, end, idleSince: 0 }
}

interface RunOptions {
  readonly clock: VirtualClock
  /** Seconds. */
  readonly timeout: number
  readonly requestId: string
}

/** Runs the handler of an environment until it settles or times out. */
function run(
  environment: Environment,
  event: unknown,
  { clock, timeout, requestId }: RunOptions,
): Promise<Invocation> {
  const ends = clock.now() + timeout * 1000
  const context: Context = {
    awsRequestId: requestId,
    getRemainingTimeInMillis: () => Math.max(0, ends - clock.now()),
  }
  return new Promise((resolve) => {
    const cancel = clock.schedule(() => resolve({ kind: 'time-out' }), timeout * 1000)
    const settle = (invocation: Invocation) => {
      cancel()
      resolve(invocation)
    }
    environment.handle(event, context).then(
      (answer) => settle({ kind: 'answer', answer }),
      (error: unknown) => settle({ kind: 'error', error }),
    )
  })
}
