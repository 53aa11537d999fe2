import { SpillwayError } from '@spillway/message'
import {
  integer,
  nonEmptyString,
  type OptionRule,
  type OptionRules,
  objectWith,
  oneOf,
  required,
} from '@spillway/message/internal'
import type {
  App,
  AppDatabase,
  AppFunction,
  AppOptions,
  DatabaseOptions,
  DeclaredEnvironment,
  FunctionOptions,
  Resources,
  Route,
} from './app.ts'
import { checkApp, warnOfApp } from './check-app.ts'
import { checkAppOptions } from './check-app-options.ts'
import { toQueues } from './define-queue.ts'
import { findStream, streamSourceRules, toStreamSource, toStreams } from './define-stream.ts'

const anObject = objectWith()
const text: OptionRule = { ...nonEmptyString(), required: false }

/** What {@link defineApp} accepts. */
export const appRules: OptionRules<AppOptions> = {
  name: {
    required: true,
    expected: 'a name of 1 to 64 letters, digits, `-` and `_` that begins with a letter',
    test: (value) => typeof value === 'string' && /^[a-z][\w-]{0,63}$/i.test(value),
  },
  database: anObject,
  queues: anObject,
  streams: anObject,
  functions: required(anObject),
  example: anObject,
}

/** What `database` accepts. */
export const databaseRules: OptionRules<DatabaseOptions> = {
  engine: required(oneOf('postgres', 'mysql')),
  maxConnections: required(integer(1, 262_143)),
  reserved: integer(0, 262_143),
  budget: integer(1, 262_143),
  connectionLimit: { expected: 'true or false', test: (value) => typeof value === 'boolean' },
  idleSessionTimeout: integer(1, 31_536_000),
  migrations: text,
  settings: anObject,
}

/** What each of `functions` accepts. */
export const functionRules: OptionRules<FunctionOptions> = {
  entry: nonEmptyString(),
  handler: text,
  timeout: integer(1, 900),
  memorySize: integer(128, 32_768),
  http: {
    expected: "a route such as 'POST /orders', or an array of them",
    test: (value) =>
      [value].flat().every((route) => typeof route === 'string' && parseRoute(route) !== undefined),
  },
  queue: text,
  stream: text,
  batchSize: integer(1, 10_000),
  batchingWindow: integer(0, 300),
  maximumConcurrency: integer(2, 1000),
  ...streamSourceRules,
  reservedConcurrency: integer(0, Number.MAX_SAFE_INTEGER),
  provisionedConcurrency: integer(1, Number.MAX_SAFE_INTEGER),
  connections: {
    expected: "an integer from 0 to 10000, or 'uncounted'",
    test: (value) => value === 'uncounted' || integer(0, 10_000).test(value),
  },
  environment: {
    expected: 'an object of strings, or a function that returns one',
    test: (value) => (typeof value === 'object' && value !== null) || typeof value === 'function',
  },
}

/**
 * Defines an app once, for the local runtime, the planner and the deployment.
 *
 * @example
 * ```ts
 * import { defineApp } from '@spillway/planner'
 *
 * export default defineApp({
 *   name: 'orders',
 *   database: { engine: 'postgres', maxConnections: 100, reserved: 15 },
 *   functions: {
 *     ingest: {
 *       entry: './ingest.ts',
 *       http: 'POST /orders',
 *       environment: ({ queueUrl }) => ({ QUEUE_URL: queueUrl('orders') }),
 *     },
 *     write: {
 *       entry: './write.ts',
 *       queue: 'orders',
 *       batchSize: 500,
 *       batchingWindow: 1,
 *       maximumConcurrency: 20,
 *       connections: 1,
 *       timeout: 30,
 *       environment: ({ databaseUrl }) => ({ DATABASE_URL: databaseUrl }),
 *     },
 *   },
 * })
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` for an option that is unknown, missing or out of range, and
 * `SPILLWAY_APP_INVALID` for options that contradict one another; its message lists every problem.
 */
export function defineApp(options: AppOptions): App {
  checkAppOptions('defineApp', options, appRules)
  const functions = Object.entries(options.functions).map(([name, fn]) => toFunction(name, fn))
  const app: App = Object.freeze({
    name: options.name,
    database: options.database && toDatabase(options.database),
    queues: toQueues(options.queues ?? {}, functions),
    streams: toStreams(options.streams ?? {}),
    functions,
    example: options.example,
    get warnings() {
      return warnOfApp(app)
    },
  })
  for (const { streamSource } of functions)
    if (streamSource !== undefined) findStream(app, streamSource.stream)
  const problems = checkApp(app)
  if (problems.length > 0) {
    const list = problems.map((problem) => `\n  ${problem.id}: ${problem.message}`).join('')
    throw new SpillwayError('SPILLWAY_APP_INVALID', `The app '${app.name}' cannot work:${list}`)
  }
  return app
}

function toDatabase(options: DatabaseOptions): AppDatabase {
  checkAppOptions('database', options, databaseRules)
  const { engine, maxConnections, reserved = 3, migrations, settings = {} } = options
  const { connectionLimit = false, idleSessionTimeout = 1, budget = maxConnections - reserved } = options
  if (budget > Math.max(0, maxConnections - reserved)) {
    throw new SpillwayError(
      'SPILLWAY_APP_INVALID',
      `database.budget is ${budget}, more than the ${maxConnections - reserved} connections that remain of ${maxConnections} without the ${reserved} reserved.`,
    )
  }
  return Object.freeze({
    engine,
    maxConnections,
    reserved,
    budget,
    connectionLimit,
    idleSessionTimeout,
    migrations,
    settings,
  })
}

function toFunction(name: string, options: FunctionOptions): AppFunction {
  checkAppOptions(`functions.${name}`, options, functionRules)
  const { environment = {}, queue } = options
  return Object.freeze({
    name,
    entry: options.entry,
    handler: options.handler ?? 'handler',
    timeout: options.timeout ?? 3,
    memorySize: options.memorySize ?? 512,
    routes: [options.http ?? []].flat().map((route) => parseRoute(route) as Route),
    eventSource: queue === undefined ? undefined : { queue, ...eventSourceNumbers(options) },
    streamSource: toStreamSource(name, options),
    reservedConcurrency: options.reservedConcurrency,
    provisionedConcurrency: options.provisionedConcurrency,
    connections: options.connections === 'uncounted' ? 0 : (options.connections ?? 0),
    opensUncounted: options.connections === 'uncounted',
    declared: declaredBy(environment),
    environment:
      typeof environment === 'function' ? environment : (_resources: Resources) => ({ ...environment }),
  })
}

/** Calls `environment` with placeholder resources to see what it uses. */
function declaredBy(environment: NonNullable<FunctionOptions['environment']>): DeclaredEnvironment {
  if (typeof environment !== 'function') return { variables: { ...environment }, usesDatabase: false }
  let usesDatabase = false
  const resources: Resources = {
    queueUrl: (name) => `https://sqs.invalid/000000000000/${name}`,
    streamName: (name) => name,
    get databaseUrl() {
      usesDatabase = true
      return 'postgres://database.invalid/app'
    },
  }
  try {
    return { variables: { ...environment(resources) }, usesDatabase }
  } catch {
    // When it also throws with real resources, the user sees that error.
    return { variables: {}, usesDatabase }
  }
}

function eventSourceNumbers(options: FunctionOptions) {
  const { batchSize = 10, batchingWindow = 0, maximumConcurrency } = options
  return { batchSize, batchingWindow, maximumConcurrency }
}

/** `POST /orders/{id}` as a {@link Route}; `undefined` for anything else. */
export function parseRoute(route: string): Route | undefined {
  const match = /^(ANY|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT) (\/\S*)$/.exec(route)
  if (match === null) return undefined
  const [, method = '', path = ''] = match
  return { method, path }
}
