import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { SpillwayError } from '@spillway/message'
import type { App } from '@spillway/planner'
import { type Control, startControl } from './control.ts'
import { type EventSourceProblem, startEventSource } from './event-source/index.ts'
import {
  type EnvironmentEnd,
  type FunctionsOptions,
  type InvocationInfo,
  type LambdaFunction,
  startFunction,
} from './functions/index.ts'
import { type Gateway, type GatewayProblem, startGateway } from './gateway/index.ts'
import type { LoadedApp } from './load-app.ts'
import { type Postgres, startPostgres } from './postgres/postgres.ts'
import { type QueueEngine, startQueues } from './queues/index.ts'
import { type Reaper, startReaper } from './reaper/reaper.ts'
import { createReporter } from './report/reporter.ts'
import { requireNode } from './require-node.ts'
import { type LocalState, type RunningReader, readState } from './state.ts'
import { type StreamSourceProblem, startStreamSource } from './stream-source/index.ts'
import { type StreamEngine, startStreams } from './streams/index.ts'
import {
  toEventSourceSpec,
  toFailureDestination,
  toFunctionSpec,
  toResources,
  toStreamSourceSpec,
} from './wiring.ts'

/** What a part of the runtime has to say about a function. */
export type LocalProblem =
  | GatewayProblem
  | ({ readonly function: string } & (EventSourceProblem | StreamSourceProblem))

/** What {@link startLocal} takes. */
export interface LocalOptions {
  /** The port of the HTTP gateway; the control server takes the next one. 0, the default, is any free ports. */
  readonly port?: number
  /** Settings of Postgres that go over those of the app. */
  readonly databaseSettings?: Readonly<Record<string, string | number>>
  /** Called with each line that a function writes itself. */
  readonly onLog?: FunctionsOptions['onLog']
  /** Called with each invocation that ended. */
  readonly onInvocation?: FunctionsOptions['onInvocation']
  /** Called with what a developer should hear of, for example a response that fails a whole batch. */
  readonly onProblem?: (problem: LocalProblem) => void
  /**
   * Called with what is to be printed of a failure, one line or several: of an invocation what CloudWatch would have of
   * it, or a problem. The first of a kind is given in full, and what repeats is counted.
   */
  readonly onReport?: (text: string) => void
  /** Called with what is being started, for a progress display. */
  readonly onProgress?: (step: string) => void
}

/** An app that runs on this machine. */
export interface Local {
  readonly app: App
  /** The HTTP gateway. */
  readonly url: string
  readonly control: Control
  readonly queues: QueueEngine
  /** `undefined` for an app without streams. */
  readonly streams: StreamEngine | undefined
  readonly database: Postgres | undefined
  state(): Promise<LocalState>
  /** A function by its name. */
  function(name: string): LambdaFunction
  /** Stops everything, in the order in which nothing is lost that need not be. Safe to call again. */
  stop(): Promise<void>
}

/**
 * Runs an app on this machine: Postgres, SQS and Kinesis, the functions in processes of their own, event source
 * mappings, an HTTP gateway and a control server, all on loopback. Nothing outlives {@link Local.stop}, or this process.
 *
 * @throws SpillwayError `SPILLWAY_START_FAILED` or `SPILLWAY_PORT_IN_USE`; what had started is stopped again.
 */
export async function startLocal({ app, folder }: LoadedApp, options: LocalOptions = {}): Promise<Local> {
  requireNode()
  const { port = 0, onProgress = () => undefined } = options
  const stops: (() => Promise<unknown>)[] = []
  let stopping: Promise<void> | undefined
  const stop = () => {
    stopping ??= stopInTurn(stops)
    return stopping
  }
  /** Remembers how to stop a part as soon as it has started. */
  async function started<Part>(
    part: Promise<Part>,
    stopPart: (part: Part) => Promise<unknown>,
  ): Promise<Part> {
    const value = await part
    stops.unshift(() => stopPart(value))
    return value
  }

  try {
    const listeners = createListeners(options)
    stops.unshift(listeners.stop)
    const reaper = await started(startReaper(), (part) => part.stop())
    const temporary = await started(mkdtemp(join(tmpdir(), 'spillway-')), (path) =>
      rm(path, { recursive: true, force: true }),
    )
    reaper.removeOnExit(temporary)
    if (app.database !== undefined) onProgress('Postgres')
    const database = await startDatabase(app, folder, reaper, options)
    if (database !== undefined) stops.unshift(() => database.stop())
    onProgress('SQS')
    const queues = await started(startQueues({ queues: app.queues }), (part) => part.stop())

    const streams = await startKinesis(app, queues.region, onProgress)
    if (streams !== undefined) stops.unshift(() => streams.stop())
    const engines = { queues, streams, database }

    const resources = toResources(app, engines)
    const shared = {
      reaper,
      bundleFolder: temporary,
      region: queues.region,
      ...(options.onLog && { onLog: options.onLog }),
      onInvocation: listeners.onInvocation,
      onEnvironmentEnd: listeners.onEnvironmentEnd,
    }
    const functions: LambdaFunction[] = []
    for (const fn of app.functions) {
      onProgress(`function ${fn.name}`)
      const spec = toFunctionSpec(fn, folder, engines, resources)
      functions.push(await started(startFunction(spec, shared), (part) => part.stop()))
    }
    for (const fn of app.functions) {
      if (fn.eventSource === undefined) continue
      const source = startEventSource(toEventSourceSpec(app, fn.eventSource, queues), {
        function: find(functions, fn.name),
        onProblem: (problem) => listeners.onProblem({ function: fn.name, ...problem }),
      })
      stops.unshift(() => source.stop())
    }
    const readers: RunningReader[] = []
    for (const { name, streamSource } of app.functions) {
      if (streamSource === undefined || streams === undefined) continue
      const onFailure = toFailureDestination(streamSource, engines, join(temporary, 'buckets'))
      const source = startStreamSource(toStreamSourceSpec(streamSource, streams), {
        function: find(functions, name),
        onFailure,
        onProblem: (problem) => listeners.onProblem({ function: name, ...problem }),
      })
      readers.push({ function: name, stream: streamSource.stream, source, onFailure: onFailure.place })
      stops.unshift(() => source.stop())
    }
    const state = () => readState({ app, ...engines, readers, functions })
    const gateway = await started(startHttp(app, functions, port, listeners.onProblem), (part) => part.stop())
    const controlPort = port === 0 ? 0 : port + 1
    const control = await started(startControl({ port: controlPort, app, queues, streams, state }), (part) =>
      part.stop(),
    )
    return {
      app,
      url: gateway.url,
      control,
      queues,
      streams,
      database,
      state,
      function: (name) => find(functions, name),
      stop,
    }
  } catch (thrown) {
    await stop()
    throw thrown
  }
}

/** What hears of failures: the caller, and what prints them. */
function createListeners({ onInvocation, onProblem, onReport }: LocalOptions) {
  const reporter = onReport && createReporter({ print: onReport })
  return {
    onInvocation(info: InvocationInfo) {
      reporter?.onInvocation(info)
      onInvocation?.(info)
    },
    onEnvironmentEnd(info: EnvironmentEnd) {
      reporter?.onEnvironmentEnd(info)
    },
    onProblem(problem: LocalProblem) {
      reporter?.onProblem(problem)
      onProblem?.(problem)
    },
    stop: async () => reporter?.stop(),
  }
}

async function stopInTurn(stops: readonly (() => Promise<unknown>)[]): Promise<void> {
  const errors: unknown[] = []
  for (const stop of stops) await stop().catch((error: unknown) => errors.push(error))
  if (errors.length > 0) throw new AggregateError(errors, 'the local runtime did not stop cleanly')
}

async function startDatabase(
  app: App,
  folder: string,
  reaper: Reaper,
  options: LocalOptions,
): Promise<Postgres | undefined> {
  if (app.database === undefined) return undefined
  const { engine, maxConnections, reserved, migrations, settings } = app.database
  if (engine !== 'postgres') {
    throw new SpillwayError(
      'SPILLWAY_APP_INVALID',
      `The app '${app.name}' has a database of ${engine}, and the local runtime has Postgres only. Leave \`database\` out of a config for local use, and give the functions the address of a server of your own.`,
    )
  }
  const { budget, connectionLimit, idleSessionTimeout } = app.database
  return startPostgres({
    maxConnections,
    reserved,
    migrations: migrations === undefined ? undefined : resolve(folder, migrations),
    settings: { ...settings, ...options.databaseSettings },
    reaper,
    databaseName: app.name.replaceAll(/[^a-z0-9_]/g, '_'),
    functions: { connectionLimit: connectionLimit ? budget : undefined, idleSessionTimeout },
  })
}

async function startKinesis(
  { streams }: App,
  region: string,
  onProgress: (step: string) => void,
): Promise<StreamEngine | undefined> {
  if (streams.length === 0) return undefined
  onProgress('Kinesis')
  return startStreams({ streams, region })
}

function startHttp(
  app: App,
  functions: readonly LambdaFunction[],
  port: number,
  onProblem: (problem: LocalProblem) => void,
): Promise<Gateway> {
  const routes = app.functions.flatMap((fn) =>
    fn.routes.map((route) => ({ ...route, function: find(functions, fn.name) })),
  )
  return startGateway({ port, routes, onProblem })
}

function find(functions: readonly LambdaFunction[], name: string): LambdaFunction {
  const found = functions.find((fn) => fn.name === name)
  if (found !== undefined) return found
  const names = functions.map((fn) => fn.name).join(', ')
  throw new SpillwayError('SPILLWAY_OPTION_INVALID', `There is no function '${name}'. There are: ${names}.`)
}
