import type { App } from '@spillway/planner'
import type { FunctionState, LambdaFunction } from './functions/index.ts'
import type { Postgres } from './postgres/postgres.ts'
import type { QueueDepth, QueueEngine } from './queues/index.ts'

/** The database's part of {@link LocalState}. */
export interface DatabaseState {
  /** Connections that the functions hold now. */
  readonly connections: number
  /** The most that they have held at one time. */
  readonly peakConnections: number
  /** The most that they may hold. */
  readonly budget: number
  readonly maxConnections: number
  /** For people: a role that still connects when the functions hold every connection of theirs. */
  readonly url: string
}

/** What `GET /api/state` answers. */
export interface LocalState {
  readonly queues: Readonly<Record<string, QueueDepth>>
  readonly database: DatabaseState | null
  readonly functions: Readonly<Record<string, FunctionState>>
}

/** The parts that a state is read from. */
export interface StateParts {
  readonly app: App
  readonly queues: QueueEngine
  readonly database: Postgres | undefined
  readonly functions: readonly LambdaFunction[]
}

/** The state of a running app, now. */
export async function readState({ app, queues, database, functions }: StateParts): Promise<LocalState> {
  const depths = await Promise.all(
    app.queues.map(async ({ name }) => [name, await queues.depth(name)] as const),
  )
  return {
    queues: Object.fromEntries(depths),
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
