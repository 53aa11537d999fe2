import type { Environment } from './environment.ts'
import { createEnvironmentPool, type EnvironmentPool } from './environment-pool.ts'
import { requestLimit, requestTooLarge, stopped, throttled } from './failures.ts'
import { type Counts, createInvocationLog, type InvocationLog, type Request } from './invocation-log.ts'
import type { StartFailure } from './lifecycle.ts'
import type { FunctionSpec, FunctionsOptions, InvocationFailure } from './types.ts'

/** What {@link createDispatcher} takes. */
export interface DispatcherOptions extends Pick<FunctionsOptions, 'onInvocation' | 'onEnvironmentEnd'> {
  readonly spec: FunctionSpec
  /** Starts an environment; `onIdleEnd` is called when it ends unexpectedly while it runs nothing. */
  launch(onIdleEnd: (failure: InvocationFailure) => void): Environment
}

/** Assigns the requests of one function to its environments. */
export interface Dispatcher {
  readonly pool: EnvironmentPool
  readonly counts: Readonly<Counts>
  /** Runs a request at once, keeps it waiting, or rejects it. */
  accept(request: Request): void
  /** Ends a request that could not be accepted. */
  readonly end: InvocationLog['end']
  /** Ends waiting requests and kills the environments. */
  stop(): Promise<void>
}

/** Creates a dispatcher. A request that finds no idle environment waits; the first free environment takes the oldest. */
export function createDispatcher({ spec, launch, ...listeners }: DispatcherOptions): Dispatcher {
  const { name, reservedConcurrency: most = 10_000 } = spec
  const log = createInvocationLog(name, listeners)
  const waiting: Request[] = []
  let isStopped = false

  const pool = createEnvironmentPool({
    launch: () => launch(reportEnd),
    most,
    waiting: () => waiting.length,
    onFree(environment) {
      const request = waiting.shift()
      if (request !== undefined) void run(environment, request)
      return request !== undefined
    },
    onStartFailure: rejectOldest,
  })

  function reportEnd(failure: InvocationFailure): void {
    if (!isStopped) log.environmentEnded(failure)
  }

  /** Rejects one request per failed start, so that a module that cannot load is not started again and again. */
  function rejectOldest(failure: StartFailure): void {
    const request = waiting.shift()
    if (request === undefined) reportEnd(failure(''))
    else log.endUnstarted(request, failure(request.requestId))
  }

  async function run(environment: Environment, request: Request): Promise<void> {
    log.begin()
    const begun = performance.now()
    const result = await environment.invoke(request.requestId, request.json)
    log.leave()
    if (result.ok || result.kind === 'error') pool.release(environment)
    else await environment.gone
    const wasStopped = isStopped && !result.ok && result.kind === 'crash'
    log.end(request, wasStopped ? stopped(name, 'crash') : result, performance.now() - begun)
  }

  function accept(request: Request): void {
    const reached = log.counts.active + waiting.length >= most ? most : undefined
    const rejected = isStopped ? stopped(name, 'error') : rejection(name, request.json, reached)
    const environment = rejected === undefined ? pool.take() : undefined
    if (rejected !== undefined) log.end(request, rejected, 0)
    else if (environment !== undefined) void run(environment, request)
    else {
      waiting.push(request)
      pool.startMore()
    }
  }

  async function stop(): Promise<void> {
    isStopped = true
    for (const request of waiting.splice(0)) log.end(request, stopped(name, 'crash'), 0)
    await pool.stop()
  }

  return { pool, counts: log.counts, accept, end: log.end, stop }
}

/** Why Lambda does not take a request. `reached` is the concurrency limit, when it is reached. */
function rejection(name: string, json: string, reached: number | undefined): InvocationFailure | undefined {
  const bytes = Buffer.byteLength(json)
  if (bytes > requestLimit) return requestTooLarge(bytes)
  return reached === undefined ? undefined : throttled(name, reached)
}
