import { resolve } from 'node:path'
import { SpillwayError } from '@spillway/message'
import {
  type App,
  type AppEventSource,
  type AppFunction,
  type AppStreamSource,
  findQueue,
  findStream,
  type Resources,
} from '@spillway/planner'
import type { EventSourceSpec } from './event-source/index.ts'
import type { FunctionSpec } from './functions/index.ts'
import type { Postgres } from './postgres/postgres.ts'
import type { QueueEngine } from './queues/index.ts'
import {
  bucketDestination,
  type FailureDestination,
  queueDestination,
  type StreamSourceSpec,
} from './stream-source/index.ts'
import type { StreamEngine } from './streams/index.ts'

/** The engines of a running app. */
export interface Engines {
  readonly queues: QueueEngine
  /** `undefined` for an app without streams. */
  readonly streams: StreamEngine | undefined
  readonly database: Postgres | undefined
}

/** Creates the resources that the environment variables of the functions may refer to. */
export function toResources(app: App, { queues, database }: Engines): Resources {
  return {
    queueUrl: (name) => queues.queueUrl(findQueue(app, name).name),
    streamName: (name) => findStream(app, name).name,
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

/** Creates the spec of a function for the local Lambda. */
export function toFunctionSpec(
  fn: AppFunction,
  folder: string,
  { queues, streams }: Engines,
  resources: Resources,
): FunctionSpec {
  const { name, handler, timeout, memorySize, reservedConcurrency } = fn
  const environment = {
    AWS_ENDPOINT_URL_SQS: queues.endpoint,
    ...(streams && { AWS_ENDPOINT_URL_KINESIS: streams.endpoint }),
    // Its share of the connection budget, which is the default size of a pool.
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

/** The mapping between a stream of a running app and the function that reads it. */
export function toStreamSourceSpec(source: AppStreamSource, streams: StreamEngine): StreamSourceSpec {
  const { stream, onFailure: _, ...numbers } = source
  const { region } = streams
  return { readers: streams.readers(stream), streamArn: streams.streamArn(stream), region, ...numbers }
}

/** The destination of discarded batches of a stream. A folder replaces an S3 bucket. */
export function toFailureDestination(
  { onFailure }: AppStreamSource,
  { queues }: Engines,
  buckets: string,
): FailureDestination & { readonly place: string } {
  if ('bucket' in onFailure) return bucketDestination(resolve(buckets, onFailure.bucket))
  const { endpoint, region } = queues
  return queueDestination({ queueUrl: queues.queueUrl(onFailure.queue), endpoint, region })
}
