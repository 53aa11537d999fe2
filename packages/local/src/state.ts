import type { App } from '@spillway/planner'
import type { FunctionState, LambdaFunction } from './functions/index.ts'
import type { Postgres } from './postgres/postgres.ts'
import type { QueueDepth, QueueEngine } from './queues/index.ts'
import type { StreamSource, StreamSourceState } from './stream-source/index.ts'
import type { StreamEngine } from './streams/index.ts'

/** The database's part of {@link LocalState}. */
export interface DatabaseState {
  /** Connections that the functions hold now. */
  readonly connections: number
  /** The most that they have held at the same time. */
  readonly peakConnections: number
  /** The most that they may hold. */
  readonly budget: number
  readonly maxConnections: number
  /**
   * The connection string for manual use. Its role can connect even when the functions use all of their connections.
   */
  readonly url: string
}

/** A mapping between a stream and a function. */
export interface StreamReaderState extends StreamSourceState {
  /** Where discarded batches are stored: the folder that replaces an S3 bucket, or the URL of a queue. */
  readonly onFailure: string
}

/** A stream's part of {@link LocalState}. */
export interface StreamState {
  readonly shards: number
  /** How many records it holds, including those that were read. */
  readonly records: number
  /** By the names of the functions. */
  readonly readers: Readonly<Record<string, StreamReaderState>>
}

/** The response of `GET /api/state`. */
export interface LocalState {
  readonly queues: Readonly<Record<string, QueueDepth>>
  readonly streams: Readonly<Record<string, StreamState>>
  readonly database: DatabaseState | null
  readonly functions: Readonly<Record<string, FunctionState>>
}

/** A mapping of a running app. */
export interface RunningReader {
  readonly function: string
  readonly stream: string
  readonly source: StreamSource
  readonly onFailure: string
}

/** What {@link readState} takes. */
export interface StateParts {
  readonly app: App
  readonly queues: QueueEngine
  readonly streams: StreamEngine | undefined
  readonly readers: readonly RunningReader[]
  readonly database: Postgres | undefined
  readonly functions: readonly LambdaFunction[]
}

/** Reads the current state of a running app. */
export async function readState(parts: StateParts): Promise<LocalState> {
  const { app, queues, database, functions } = parts
  const depths = await Promise.all(
    app.queues.map(async ({ name }) => [name, await queues.depth(name)] as const),
  )
  return {
    queues: Object.fromEntries(depths),
    streams: readStreams(parts),
    database:
      database === undefined || app.database === undefined
        ? null
        : {
            connections: database.connections(),
            peakConnections: database.peakConnections(),
            budget: app.database.budget,
            maxConnections: app.database.maxConnections,
            url: database.url,
          },
    functions: Object.fromEntries(functions.map((fn) => [fn.name, fn.state()])),
  }
}

function readStreams({ app, streams, readers }: StateParts): LocalState['streams'] {
  const states = app.streams.map(({ name, shards }) => {
    const own = readers.filter(({ stream }) => stream === name)
    const state: StreamState = {
      shards,
      records: streams?.depth(name) ?? 0,
      readers: Object.fromEntries(
        own.map(({ function: fn, source, onFailure }) => [fn, { ...source.state(), onFailure }]),
      ),
    }
    return [name, state] as const
  })
  return Object.fromEntries(states)
}
