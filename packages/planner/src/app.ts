import type { Problem } from './check-app.ts'

/** The relational database of an app. */
export interface DatabaseOptions {
  /** `mysql` is MySQL or MariaDB. The local runtime has Postgres only. */
  readonly engine: 'postgres' | 'mysql'
  /** What the server allows in all (`max_connections`). */
  readonly maxConnections: number
  /**
   * How many of them are kept for people, migrations and the server's own superusers. Default 3, which is
   * Postgres's `superuser_reserved_connections`, and the least that Postgres takes.
   */
  readonly reserved?: number
  /**
   * The budget: how many connections the functions of this app may use together. Default: `maxConnections - reserved`. Less
   * for a server that other apps use, too.
   */
  readonly budget?: number
  /**
   * Whether the server itself refuses the functions more connections than the budget: in Postgres the `connection limit` of
   * their role, which `connectionBudgetMigration` of `@spillway/kysely` sets, in MySQL `max_user_connections`. Default
   * false. With it the functions together may want more than the budget, and a deploy cannot exceed it; without it their sum
   * has to fit, and a deploy needs slack.
   */
  readonly connectionLimit?: boolean
  /**
   * Seconds after which the server ends a session that asks nothing: `idle_session_timeout` in Postgres, `wait_timeout` in
   * MySQL. Default 1, as `connectionBudgetMigration` sets it.
   */
  readonly idleSessionTimeout?: number
  /** A folder of `*.sql` files, run in the order of their names before the functions start. Relative to the config. */
  readonly migrations?: string
  /** Settings of the local server (`postgresql.conf`), for example `{ commit_delay: 20000 }`. */
  readonly settings?: Readonly<Record<string, string | number>>
}

/** A queue. Every queue that a function reads exists even if it is not named here. */
export interface QueueOptions {
  /** Seconds. Default: 6 × the reader's time-out + its batching window, as AWS recommends. */
  readonly visibilityTimeout?: number
  /**
   * How often a message is received before it is dead-lettered. Default 100: an outage of the database uses up a receive
   * every 45 to 90 s with the default back-off of `batch`, so that it may last 73 minutes at least. A row that the database
   * refuses is parked at once, whatever this is.
   */
  readonly maxReceiveCount?: number
  /**
   * Seconds for which the queue keeps a message, from when it was sent: 60 to 1,209,600. Default 345,600 (4 days, as on
   * SQS) for a queue that has a dead-letter queue, and the longest for the others. A dead-letter queue needs the longer
   * one: a message that is moved there does not become younger.
   */
  readonly retention?: number
  /**
   * The name of the dead-letter queue. Default `<name>-dlq`; for a queue that no function reads, none, unless it has a
   * `maxReceiveCount`.
   */
  readonly deadLetterQueue?: string
}

/** A stream of Kinesis Data Streams. */
export interface StreamOptions {
  /**
   * 1 to 1,000. Each takes 1,000 records and 1 MiB a second, and is read by `parallelizationFactor` invocations at once.
   */
  readonly shards: number
}

/**
 * Where a batch goes that is given up. A bucket of S3 gets the records; a standard queue is only told where in the
 * stream they were, and the stream forgets them after a day.
 */
export type OnFailure = { readonly bucket: string } | { readonly queue: string }

/** What an app's functions may refer to in their environment. */
export interface Resources {
  /** The URL of a queue of the app, a dead-letter queue included. */
  queueUrl(name: string): string
  /** The name of a stream of the app. */
  streamName(name: string): string
  /** The connection string of the app's database. */
  readonly databaseUrl: string
}

/** A Lambda function. */
export interface FunctionOptions {
  /** The module that exports the handler. Relative to the config. */
  readonly entry: string
  /** The name of the export. Default `handler`. */
  readonly handler?: string
  /** Seconds, 1 to 900. Default 3, as on Lambda. */
  readonly timeout?: number
  /** MB. Default 512. Shown to the function; not enforced locally. */
  readonly memorySize?: number
  /** The route that invokes the function: `POST /orders`, or several. */
  readonly http?: string | readonly string[]
  /** The queue that invokes the function. */
  readonly queue?: string
  /** The stream that invokes the function, one of `streams`. */
  readonly stream?: string
  /**
   * Records for one invocation, 1 to 10,000. Default 10 for a queue, where more than 10 need a batching window, and 100
   * for a stream.
   */
  readonly batchSize?: number
  /** Seconds to wait for a fuller batch, 0 to 300. Default 0. */
  readonly batchingWindow?: number
  /** How many invocations the queue may cause at once, 2 to 1,000. Default: no limit. */
  readonly maximumConcurrency?: number
  /** How many invocations each shard of the stream may cause at once, 1 to 10. Default 1. */
  readonly parallelizationFactor?: number
  /** Whether a batch of the stream that failed is tried again in two halves. Default `true`. */
  readonly bisectBatchOnFunctionError?: boolean
  /**
   * How often a batch of the stream that failed is tried again, 0 to 10,000; -1 is without end. Default -1: an outage
   * uses up age, not retries, of which ten are gone after minutes.
   */
  readonly maximumRetryAttempts?: number
  /**
   * Seconds, 60 to 604,800, after which a record of the stream is given up; -1 is when the stream forgets it. Default
   * 43,200: half of the day that a stream keeps it.
   */
  readonly maximumRecordAgeInSeconds?: number
  /** Where a batch of the stream goes that is given up. Default: the bucket `<stream>-failed`. */
  readonly onFailure?: OnFailure
  /**
   * How many invocations run at once, whatever invokes the function; more are throttled. 0 throttles all. Default: no
   * limit but the account's (Lambda, "Configuring reserved concurrency for a function").
   *
   * For a function that HTTP invokes and that opens connections. A queue is limited by `maximumConcurrency`: a
   * throttled batch uses up a receive of its messages without a run.
   */
  readonly reservedConcurrency?: number
  /**
   * How many environments are kept ready whether anybody asks or not (Lambda, "Configuring provisioned concurrency for a
   * function"). Each may hold its connections. Default: none. Not simulated locally.
   */
  readonly provisionedConcurrency?: number
  /**
   * How many database connections one execution environment opens. Default 0. `'uncounted'` is for a function that opens as
   * many as it likes: the budget does not hold then, and a warning says so.
   */
  readonly connections?: number | 'uncounted'
  /** The function's environment variables. */
  readonly environment?: Readonly<Record<string, string>> | ((resources: Resources) => Record<string, string>)
}

/** A request to try the app with. */
export interface ExampleRequest {
  /** The path of a `POST` route. */
  readonly path: string
  /** Sent as JSON. */
  readonly body: unknown
}

/** What {@link defineApp} takes. */
export interface AppOptions {
  /** Letters, digits, `-` and `_`. */
  readonly name: string
  readonly database?: DatabaseOptions
  readonly queues?: Readonly<Record<string, QueueOptions>>
  readonly streams?: Readonly<Record<string, StreamOptions>>
  readonly functions: Readonly<Record<string, FunctionOptions>>
  /** Shown as a ready-made `curl` when the app runs locally. */
  readonly example?: ExampleRequest
}

/** A route of the HTTP gateway. */
export interface Route {
  /** `GET`, `POST`, …, or `ANY`. */
  readonly method: string
  /** `/orders/{id}`, or `/{proxy+}` for the rest. */
  readonly path: string
}

/** A database with its defaults filled in. */
export interface AppDatabase extends Required<Omit<DatabaseOptions, 'migrations'>> {
  readonly migrations: string | undefined
}

/** A queue with its defaults filled in. */
export interface AppQueue {
  readonly name: string
  readonly visibilityTimeout: number
  /** `undefined` for a queue that is itself a dead-letter queue, or that no function reads and that counts no receives. */
  readonly deadLetterQueue: string | undefined
  readonly maxReceiveCount: number
  readonly retention: number
}

/** What connects a queue to a function. */
export interface AppEventSource {
  readonly queue: string
  readonly batchSize: number
  readonly batchingWindow: number
  readonly maximumConcurrency: number | undefined
}

/** A stream. */
export interface AppStream {
  readonly name: string
  readonly shards: number
}

/** What connects a stream to a function. */
export interface AppStreamSource {
  readonly stream: string
  readonly batchSize: number
  readonly batchingWindow: number
  readonly parallelizationFactor: number
  readonly bisectBatchOnFunctionError: boolean
  readonly maximumRetryAttempts: number
  readonly maximumRecordAgeInSeconds: number
  readonly onFailure: OnFailure
}

/** What is known of the environment of a function before its resources are there. */
export interface DeclaredEnvironment {
  /** Empty where it could not be asked. */
  readonly variables: Readonly<Record<string, string>>
  /** Whether it asks for the connection string of the database. */
  readonly usesDatabase: boolean
}

/** A function with its defaults filled in. */
export interface AppFunction {
  readonly name: string
  readonly entry: string
  readonly handler: string
  readonly timeout: number
  readonly memorySize: number
  readonly routes: readonly Route[]
  /** Of the queue that it reads. */
  readonly eventSource: AppEventSource | undefined
  /** Of the stream that it reads. */
  readonly streamSource: AppStreamSource | undefined
  readonly reservedConcurrency: number | undefined
  readonly provisionedConcurrency: number | undefined
  /** 0 for a function that opens none, or whose connections nobody counts. */
  readonly connections: number
  readonly opensUncounted: boolean
  /** What the definition says of the environment, as far as it can be known before there are resources. */
  readonly declared: DeclaredEnvironment
  environment(resources: Resources): Record<string, string>
}

/** An app definition, checked, with its defaults filled in. */
export interface App {
  readonly name: string
  readonly database: AppDatabase | undefined
  readonly queues: readonly AppQueue[]
  readonly streams: readonly AppStream[]
  readonly functions: readonly AppFunction[]
  readonly example: ExampleRequest | undefined
  /** What works, but not as well as it could: `spillway dev` prints it. */
  readonly warnings: readonly Problem[]
}
