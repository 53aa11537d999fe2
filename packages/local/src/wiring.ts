import { resolve } from 'node:path'
import { SpillwayError } from '@spillway/message'
import { type App, type AppEventSource, type AppFunction, findQueue, type Resources } from '@spillway/planner'
import type { EventSourceSpec } from './event-source/index.ts'
import type { FunctionSpec } from './functions/index.ts'
import type { Postgres } from './postgres/postgres.ts'
import type { QueueEngine } from './queues/index.ts'

/** What the functions of a running app may refer to. */
export function toResources(app: App, queues: QueueEngine, database: Postgres | undefined): Resources {
  return {
    queueUrl: (name) => queues.queueUrl(findQueue(app, name).name),
    get databaseUrl() {
      if (database === undefined) {
        throw new SpillwayError(
          'SPILLWAY_APP_INVALID',
          `The app '${app.name}' uses databaseUrl but has no database.`,
        )
      }
      return database.functionsUrl
    },
  }
}

/** A function as the local Lambda takes it. */
export function toFunctionSpec(
  fn: AppFunction,
  folder: string,
  queues: QueueEngine,
  resources: Resources,
): FunctionSpec {
  const { name, handler, timeout, memorySize, reservedConcurrency } = fn
  const environment = {
    AWS_ENDPOINT_URL_SQS: queues.endpoint,
    // Its share of the budget: a pool that is told nothing else keeps to it.
    ...(fn.connections > 0 && { SPILLWAY_CONNECTIONS: String(fn.connections) }),
    ...fn.environment(resources),
  }
  const entry = resolve(folder, fn.entry)
  return { name, entry, handler, timeout, memorySize, reservedConcurrency, environment }
}

/** The mapping between a queue of a running app and the function that reads it. */
export function toEventSourceSpec(app: App, source: AppEventSource, queues: QueueEngine): EventSourceSpec {
  const { queue, batchSize, batchingWindow, maximumConcurrency } = source
  return {
    queueUrl: queues.queueUrl(queue),
    queueArn: queues.queueArn(queue),
    region: queues.region,
    endpoint: queues.endpoint,
    batchSize,
    batchingWindow,
    maximumConcurrency,
    visibilityTimeout: findQueue(app, queue).visibilityTimeout,
  }
}
