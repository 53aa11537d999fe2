import type { Environment } from './environment.ts'
import { createEnvironmentPool, type EnvironmentPool } from './environment-pool.ts'
import { requestLimit, requestTooLarge, stopped, throttled } from './failures.ts'
import type { StartFailure } from './lifecycle.ts'
import type { FunctionSpec, FunctionsOptions, InvocationFailure, InvocationResult } from './types.ts'

/** A request for an invocation. */
export interface Request {
  readonly requestId: string
  /** The event as the caller passed it. */
  readonly event: unknown
  /** The event as JSON, as the environment gets it. */
  readonly json: string
  resolve(result: InvocationResult): void
}

/** What {@link createDispatcher} takes. */
export interface DispatcherOptions extends Pick<FunctionsOptions, 'onInvocation' | 'onEnvironmentEnd'> {
  readonly spec: FunctionSpec
  /** Starts an environment; `onIdleEnd` is called when it ends by itself while it runs nothing. */
  launch(onIdleEnd: (failure: InvocationFailure) => void): Environment
}

/** Gives the requests of one function to its environments. */
export interface Dispatcher {
  readonly pool: EnvironmentPool
  /** Counts since the start; `active` is the number of invocations that run now. */
  readonly counts: Readonly<Counts>
  /** Runs a request at once, keeps it waiting, or rejects it. */
  accept(request: Request): void
  /** Ends a request with a result, for example one that could not be accepted. */
  end(request: Request, result: InvocationResult, durationMs: number): void
  /** Ends what waits and kills what runs. */
  stop(): Promise<void>
}

interface Counts {
  active: number
  invocations: number
  errors: number
  throttles: number
}

/** Creates a dispatcher. A request that finds no idle environment waits; the first free environment takes the oldest. */
export function createDispatcher({ spec, launch, ...listeners }: DispatcherOptions): Dispatcher {
  const { name, reservedConcurrency: concurrency = 10_000 } = spec
  const counts: Counts = { active: 0, invocations: 0, errors: 0, throttles: 0 }
  const waiting: Request[] = []
  let isStopped = false

  const pool = createEnvironmentPool({
    launch: () => launch(reportEnd),
    most: concurrency,
    waiting: () => waiting.length,
    onFree(environment) {
      const request = waiting.shift()
      if (request !== undefined) void run(environment, request)
      return request !== undefined
    },
    onStartFailure: rejectOldest,
  })

  function reportEnd(failure: InvocationFailure): void {
    if (!isStopped) listeners.onEnvironmentEnd?.({ function: name, failure })
  }

  /** Rejects one request per failed start, so that a module which cannot load is not started forever. */
  function rejectOldest(failure: StartFailure): void {
    const request = waiting.shift()
    if (request === undefined) {
      reportEnd(failure(''))
      return
    }
    counts.invocations += 1
    end(request, failure(request.requestId), 0)
  }

  async function run(environment: Environment, request: Request): Promise<void> {
    counts.active += 1
    counts.invocations += 1
    const begun = performance.now()
    const result = await environment.invoke(request.requestId, request.json)
    counts.active -= 1
    if (result.ok || result.kind === 'error') pool.release(environment)
    else await environment.gone
    const wasStopped = isStopped && !result.ok && result.kind === 'crash'
    end(request, wasStopped ? stopped(name, 'crash') : result, performance.now() - begun)
  }

  function end(request: Request, result: InvocationResult, durationMs: number): void {
    if (!result.ok && result.kind === 'throttle') counts.throttles += 1
    else if (!result.ok) counts.errors += 1
    request.resolve(result)
    const { requestId, event } = request
    listeners.onInvocation?.({ function: name, requestId, event, durationMs, result })
  }

  function rejection(json: string): InvocationFailure | undefined {
    if (isStopped) return stopped(name, 'error')
    const bytes = Buffer.byteLength(json)
    if (bytes > requestLimit) return requestTooLarge(bytes)
    return counts.active + waiting.length >= concurrency ? throttled(name, concurrency) : undefined
  }

  function accept(request: Request): void {
    const rejected = rejection(request.json)
    const environment = rejected === undefined ? pool.take() : undefined
    if (rejected !== undefined) {
      end(request, rejected, 0)
    } else if (environment !== undefined) {
      void run(environment, request)
    } else {
      waiting.push(request)
      pool.startMore()
    }
  }

  async function stop(): Promise<void> {
    isStopped = true
    for (const request of waiting.splice(0)) end(request, stopped(name, 'crash'), 0)
    await pool.stop()
  }

  return { pool, counts, accept, end, stop }
}
