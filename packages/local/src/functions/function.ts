import { randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import { bundleFunction } from './bundle.ts'
import { coldStarts } from './cold-starts.ts'
import { type Environment, type StartFailure, startEnvironment } from './environment.ts'
import { failed, requestLimit, requestTooLarge, stopped, throttled } from './failures.ts'
import { toInvocationError } from './invocation-error.ts'
import { processEnv } from './process-env.ts'
import type {
  EnvironmentInfo,
  FunctionSpec,
  FunctionsOptions,
  InvocationFailure,
  InvocationResult,
  LambdaFunction,
} from './types.ts'

/** Milliseconds after which an environment that nothing uses ends, as it does on Lambda sooner or later. */
const idleLimit = 10 * 60_000

interface Request {
  readonly requestId: string
  /** As it was given. */
  readonly event: unknown
  /** As the environment gets it. */
  readonly json: string
  resolve(result: InvocationResult): void
}

/**
 * Starts a function: bundles it, and serves invocations in execution environments, a process each.
 *
 * An environment serves one invocation at a time; the one used last is used first, and an idle one is frozen. A
 * request that finds none idle waits, and an environment is started for it, as fast as this machine has processor
 * time to spare. Whichever environment is free first takes the oldest request, so a burst of short invocations needs fewer
 * environments than requests (Lambda, "Understanding the Lambda execution environment lifecycle").
 *
 * @throws SpillwayError `SPILLWAY_START_FAILED` when the function cannot be bundled.
 */
export async function startFunction(spec: FunctionSpec, options: FunctionsOptions): Promise<LambdaFunction> {
  const { region = 'us-east-1', onLog } = options
  const { reservedConcurrency: concurrency = 10_000 } = spec
  const file = await bundleFunction(spec, options.bundleFolder, region)
  const states = new Map<Environment, EnvironmentInfo['state']>()
  const idle: Environment[] = []
  const idleSince = new WeakMap<Environment, number>()
  const waiting: Request[] = []
  let starting = 0
  let active = 0
  let ran = 0
  let errors = 0
  let throttles = 0
  let isStopped = false

  function launch(): Environment {
    return startEnvironment({
      file,
      cwd: dirname(spec.entry),
      env: {
        NODE_COMPILE_CACHE: join(options.bundleFolder, 'compile-cache'),
        ...processEnv(spec, region),
      },
      timeout: spec.timeout,
      memorySize: spec.memorySize,
      reaper: options.reaper,
      onLog: onLog && ((line) => onLog({ function: spec.name, ...line })),
      onIdleEnd: tellEnd,
    })
  }

  function tellEnd(failure: InvocationFailure): void {
    if (!isStopped) options.onEnvironmentEnd?.({ function: spec.name, failure })
  }

  async function coldStart(): Promise<void> {
    const begun = performance.now()
    const environment = launch()
    states.set(environment, 'starting')
    starting += 1
    void environment.gone.then(() => forget(environment))
    const failure = await environment.started
    starting -= 1
    if (failure === undefined) release(environment)
    // One request for each start that failed: a module that cannot load is not started for ever.
    else rejectOldest(failure)
    coldStarts.end(performance.now() - begun)
    startMore()
  }

  function rejectOldest(failure: StartFailure): void {
    const request = waiting.shift()
    if (request === undefined) {
      tellEnd(failure(''))
      return
    }
    ran += 1
    end(request, failure(request.requestId), 0)
  }

  function startMore(): void {
    while (!isStopped && starting < waiting.length && states.size < concurrency) {
      if (!coldStarts.begin(states.size, startMore)) return
      void coldStart()
    }
  }

  function forget(environment: Environment): void {
    states.delete(environment)
    const index = idle.indexOf(environment)
    if (index !== -1) idle.splice(index, 1)
    startMore()
  }

  function release(environment: Environment): void {
    if (isStopped || !environment.isAlive()) return
    const request = waiting.shift()
    if (request !== undefined) {
      void run(environment, request)
      return
    }
    states.set(environment, 'idle')
    idle.push(environment)
    idleSince.set(environment, performance.now())
    environment.rest()
  }

  function endUnused(): void {
    const before = performance.now() - idleLimit
    // The one used longest ago is the first in the list.
    while (idle[0] !== undefined && (idleSince.get(idle[0]) ?? 0) < before) idle.shift()?.kill()
  }

  function takeIdle(): Environment | undefined {
    let environment = idle.pop()
    while (environment?.isAlive() === false) environment = idle.pop()
    return environment
  }

  async function run(environment: Environment, request: Request): Promise<void> {
    states.set(environment, 'busy')
    active += 1
    ran += 1
    const begun = performance.now()
    const result = await environment.invoke(request.requestId, request.json)
    active -= 1
    if (result.ok || result.kind === 'error') release(environment)
    else await environment.gone
    const wasStopped = isStopped && !result.ok && result.kind === 'crash'
    end(request, wasStopped ? stopped(spec.name, 'crash') : result, performance.now() - begun)
  }

  function end(request: Request, result: InvocationResult, durationMs: number): void {
    if (!result.ok && result.kind === 'throttle') throttles += 1
    else if (!result.ok) errors += 1
    request.resolve(result)
    const { requestId, event } = request
    options.onInvocation?.({ function: spec.name, requestId, event, durationMs, result })
  }

  function refusal(json: string): InvocationFailure | undefined {
    if (isStopped) return stopped(spec.name, 'error')
    const bytes = Buffer.byteLength(json)
    if (bytes > requestLimit) return requestTooLarge(bytes)
    return active + waiting.length >= concurrency ? throttled(spec.name, concurrency) : undefined
  }

  function accept(request: Request): void {
    const refused = refusal(request.json)
    const environment = refused === undefined ? takeIdle() : undefined
    if (refused !== undefined) {
      end(request, refused, 0)
    } else if (environment !== undefined) {
      void run(environment, request)
    } else {
      waiting.push(request)
      startMore()
    }
  }

  const sweeping = setInterval(endUnused, idleLimit / 10).unref()

  return {
    name: spec.name,
    timeout: spec.timeout,
    invoke(event) {
      return new Promise((resolve) => {
        const request = { requestId: randomUUID(), event, resolve }
        let json: string
        try {
          json = JSON.stringify(event) ?? 'null'
        } catch (error) {
          return end({ ...request, json: '' }, failed('error', toInvocationError(error)), 0)
        }
        accept({ ...request, json })
      })
    },
    state: () => ({ environments: states.size, active, invocations: ran, errors, throttles }),
    environments: () =>
      [...states].flatMap(([{ pid }, state]) => (pid === undefined ? [] : [{ pid, state }])),
    async stop() {
      isStopped = true
      clearInterval(sweeping)
      for (const request of waiting.splice(0)) end(request, stopped(spec.name, 'crash'), 0)
      const environments = [...states.keys()]
      for (const environment of environments) environment.kill()
      await Promise.all(environments.map(({ gone }) => gone))
    },
  }
}
