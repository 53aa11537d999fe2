import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { SpillwayError } from '@spillway/message'
import type { App } from '@spillway/planner'
import { startEventSource } from './event-source/index.ts'
import {
  type EnvironmentEnd,
  type InvocationInfo,
  type LambdaFunction,
  startFunctions,
} from './functions/index.ts'
import { type Gateway, startGateway } from './gateway/index.ts'
import type { LocalOptions, LocalProblem } from './local-options.ts'
import { type Postgres, startPostgres } from './postgres/postgres.ts'
import { type QueueEngine, startQueues } from './queues/index.ts'
import { type Reaper, startReaper } from './reaper/reaper.ts'
import { createReporter } from './report/reporter.ts'
import type { RunningReader } from './state.ts'
import { startStreamSource } from './stream-source/index.ts'
import { type StreamEngine, startStreams } from './streams/index.ts'
import {
  toEventSourceSpec,
  toFailureDestination,
  toFunctionSpec,
  toResources,
  toStreamSourceSpec,
} from './wiring.ts'

type Parts = ReturnType<typeof createParts>

/** The parts that have started, to be stopped in reverse order. */
export function createParts() {
  const stops: (() => Promise<unknown>)[] = []
  let stopping: Promise<void> | undefined
  return {
    /** Registers how to stop a part, and returns the part. */
    add<Part>(part: Part, stop: () => Promise<unknown>): Part {
      stops.unshift(stop)
      return part
    },
    stop(): Promise<void> {
      stopping ??= stopInTurn(stops)
      return stopping
    },
  }
}

interface Start {
  readonly app: App
  readonly folder: string
  readonly options: LocalOptions
  readonly parts: Parts
}

type Engines = Awaited<ReturnType<typeof startEngines>>
type Listeners = ReturnType<typeof createListeners>

/** Starts the parts that the functions need: the reaper, a temporary folder, Postgres, SQS and Kinesis. */
export async function startEngines({ app, folder, options, parts }: Start) {
  const { onProgress = () => undefined } = options
  const reaper = await startReaper()
  parts.add(reaper, reaper.stop)
  const temporary = await mkdtemp(join(tmpdir(), 'spillway-'))
  parts.add(temporary, () => rm(temporary, { recursive: true, force: true }))
  reaper.removeOnExit(temporary)
  if (app.database !== undefined) onProgress('Postgres')
  const database = await startDatabase(app, folder, reaper, options)
  if (database !== undefined) parts.add(database, database.stop)
  onProgress('SQS')
  const queues = await startQueues({ queues: app.queues })
  parts.add(queues, queues.stop)
  const streams = await startKinesis(app, queues.region, onProgress)
  if (streams !== undefined) parts.add(streams, streams.stop)
  return { reaper, temporary, database, queues, streams }
}

/** Starts the functions, in the order of the app definition. */
export async function startAllFunctions(
  start: Start & { readonly engines: Engines; readonly listeners: Listeners },
): Promise<readonly LambdaFunction[]> {
  const { app, folder, options, parts, engines, listeners } = start
  const resources = toResources(app, engines)
  for (const { name } of app.functions) options.onProgress?.(`function ${name}`)
  const functions = await startFunctions(
    app.functions.map((fn) => toFunctionSpec(fn, folder, engines, resources)),
    {
      reaper: engines.reaper,
      bundleFolder: engines.temporary,
      region: engines.queues.region,
      ...(options.onLog && { onLog: options.onLog }),
      onInvocation: listeners.onInvocation,
      onEnvironmentEnd: listeners.onEnvironmentEnd,
    },
  )
  for (const fn of functions) parts.add(fn, fn.stop)
  return functions
}

interface Sources {
  readonly app: App
  readonly parts: Parts
  readonly functions: readonly LambdaFunction[]
  readonly listeners: Listeners
}

/** Starts the event source mappings of the queues. */
export function startEventSources({
  app,
  parts,
  queues,
  functions,
  listeners,
}: Sources & { readonly queues: QueueEngine }): void {
  for (const { name, eventSource } of app.functions) {
    if (eventSource === undefined) continue
    const source = startEventSource(toEventSourceSpec(app, eventSource, queues), {
      function: find(functions, name),
      onProblem: (problem) => listeners.onProblem({ function: name, ...problem }),
    })
    parts.add(source, source.stop)
  }
}

/** Starts the event source mappings of the streams. */
export function startStreamSources({
  app,
  parts,
  engines,
  functions,
  listeners,
  temporary,
}: Sources & { readonly engines: Engines; readonly temporary: string }): readonly RunningReader[] {
  const { streams } = engines
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
    parts.add(source, source.stop)
  }
  return readers
}

/** Passes on invocations and problems to the caller's listeners and to the reporter that prints failures. */
export function createListeners({ onInvocation, onProblem, onReport }: LocalOptions) {
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
      `The app '${app.name}' uses a ${engine} database, but the local runtime has only Postgres. Leave \`database\` out of the config that you use locally, and pass the functions the address of your own server.`,
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

/** Starts the HTTP gateway with the routes of all functions. */
export function startHttp(
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

/**
 * A function by its name.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when there is none with this name.
 */
export function find(functions: readonly LambdaFunction[], name: string): LambdaFunction {
  const found = functions.find((fn) => fn.name === name)
  if (found !== undefined) return found
  const names = functions.map((fn) => fn.name).join(', ')
  throw new SpillwayError(
    'SPILLWAY_OPTION_INVALID',
    `There is no function '${name}'. The functions are ${names}.`,
  )
}
