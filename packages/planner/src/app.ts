import type { Problem } from './check-app.ts'

/** The relational database of an app. */
export interface DatabaseOptions {
  /** `mysql` is MySQL or MariaDB. The local runtime has only Postgres. */
  readonly engine: 'postgres' | 'mysql'
  /** How many connections the server allows in total (`max_connections`). */
  readonly maxConnections: number
  /**
   * How many of them are reserved for manual use, migrations and the server's own superusers. Default 3, Postgres's own
   * `superuser_reserved_connections`; Postgres accepts no less.
   */
  readonly reserved?: number
  /**
   * The budget: how many connections the functions of this app may use together. Default: `maxConnections - reserved`.
   * Set it lower when other apps use the same server.
   */
  readonly budget?: number
  /**
   * Whether the server itself enforces the budget: in Postgres the `connection limit` of their role, which
   * `connectionBudgetMigration` of `@spillway/kysely` sets, in MySQL `max_user_connections`. Default false. With the
   * limit, the sum of the functions' connections may exceed the budget, because the server rejects the excess, also
   * during a deploy. Without it, their sum must fit into the budget, with room for a deploy.
   */
  readonly connectionLimit?: boolean
  /**
   * Seconds after which the server ends an idle session: `idle_session_timeout` in Postgres, `wait_timeout` in MySQL.
   * Default 1, as `connectionBudgetMigration` sets it.
   */
  readonly idleSessionTimeout?: number
  /** A folder of `*.sql` files, run in the order of their names before the functions start. Relative to the config. */
  readonly migrations?: string
  /** Settings of the local server (`postgresql.conf`), for example `{ commit_delay: 20000 }`. */
  readonly settings?: Readonly<Record<string, string | number>>
}

/** A queue. A queue that a function reads exists even if it is not listed here. */
export interface QueueOptions {
  /** Seconds. Default: 6 × the reader's time-out + its batching window, as AWS recommends. */
  readonly visibilityTimeout?: number
  /**
   * How often a message is received before it is dead-lettered. Default 100: with the default back-off of `batch`, an
   * outage of the database costs one receive every 45 to 90 s, so messages survive an outage of at least 73 minutes. A
   * row that the database rejects is parked at once, regardless of this number.
   */
  readonly maxReceiveCount?: number
  /**
   * Seconds for which the queue keeps a message, counted from when it was sent: 60 to 1,209,600. Default 345,600 (4
   * days, as on SQS) for a queue that has a dead-letter queue, and 1,209,600 for others. A dead-letter queue needs the
   * longer time because a message keeps its age when it is moved there.
   */
  readonly retention?: number
  /**
   * The name of the dead-letter queue. Default `<name>-dlq`. A queue that no function reads has no dead-letter queue, unless
   * `maxReceiveCount` is set.
   */
  readonly deadLetterQueue?: string
}

/** A stream of Kinesis Data Streams. */
export interface StreamOptions {
  /**
   * 1 to 1,000. Each shard accepts 1,000 records and 1 MiB per second, and up to `parallelizationFactor` invocations
   * read it at once.
   */
  readonly shards: number
}

/**
 * Where Lambda sends a batch that it discards. An S3 bucket gets the records. A standard queue gets only their
 * positions in the stream, which deletes the records after a day.
 */
export type OnFailure = { readonly bucket: string } | { readonly queue: string }

/** The resources that the environment variables of a function may refer to. */
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
  /** Time-out in seconds, 1 to 900. Default 3, as on Lambda. */
  readonly timeout?: number
  /** Memory in MB. Default 512. The function sees the value; the local runtime does not enforce it. */
  readonly memorySize?: number
  /** The route that invokes the function: `POST /orders`, or several. */
  readonly http?: string | readonly string[]
  /** The queue that invokes the function. */
  readonly queue?: string
  /** The stream that invokes the function, one of `streams`. */
  readonly stream?: string
  /**
   * The most records in one invocation, 1 to 10,000. Default 10 for a queue, where more than 10 need a batching window,
   * and 100 for a stream.
   */
  readonly batchSize?: number
  /** How many seconds to wait for a batch to fill, 0 to 300. Default 0. */
  readonly batchingWindow?: number
  /** The most concurrent invocations for the queue, 2 to 1,000. Default: no limit. */
  readonly maximumConcurrency?: number
  /** The most concurrent invocations for each shard of the stream, 1 to 10. Default 1. */
  readonly parallelizationFactor?: number
  /** Whether Lambda splits a failed batch of the stream in two and retries each half. Default `true`. */
  readonly bisectBatchOnFunctionError?: boolean
  /**
   * How often Lambda retries a failed batch of the stream, 0 to 10,000; -1 means no limit. Default -1: ten retries
   * would last only for minutes of an outage, so `maximumRecordAgeInSeconds` is the limit.
   */
  readonly maximumRetryAttempts?: number
  /**
   * The age in seconds, 60 to 604,800, at which Lambda discards a record of the stream; -1 means when the stream
   * deletes it. Default 43,200: half of the stream's default retention of a day.
   */
  readonly maximumRecordAgeInSeconds?: number
  /** Where Lambda sends a batch of the stream that it discards. Default: the bucket `<stream>-failed`. */
  readonly onFailure?: OnFailure
  /**
   * The most concurrent invocations from all triggers; Lambda throttles the rest. 0 stops the function. Default: only
   * the account's limit applies (Lambda, "Configuring reserved concurrency for a function").
   *
   * Set it for a function that HTTP invokes and that opens connections. For a queue set `maximumConcurrency` instead: a
   * throttled batch costs each message a receive although the function does not run.
   */
  readonly reservedConcurrency?: number
  /**
   * How many environments Lambda keeps initialized (Lambda, "Configuring provisioned concurrency for a function"). Each
   * may hold its connections. Default: none. The local runtime ignores it.
   */
  readonly provisionedConcurrency?: number
  /**
   * How many database connections one execution environment opens. Default 0. `'uncounted'` is for a function whose
   * connections have no limit; the budget is then not guaranteed, and a warning reports this.
   */
  readonly connections?: number | 'uncounted'
  /** The environment variables of the function. */
  readonly environment?: Readonly<Record<string, string>> | ((resources: Resources) => Record<string, string>)
}

/** An example request to the app. */
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
  /** The database that the functions write to. */
  readonly database?: DatabaseOptions
  /** The queues, by their names. */
  readonly queues?: Readonly<Record<string, QueueOptions>>
  /** The streams, by their names. */
  readonly streams?: Readonly<Record<string, StreamOptions>>
  /** The functions, by their names. */
  readonly functions: Readonly<Record<string, FunctionOptions>>
  /** The local runtime prints it as a `curl` command. */
  readonly example?: ExampleRequest
}

/** A route of the HTTP gateway. */
export interface Route {
  /** `GET`, `POST`, …, or `ANY`. */
  readonly method: string
  /** `/orders/{id}`, or `/{proxy+}` for all other paths. */
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
  /** `undefined` for a dead-letter queue, and for a queue that no function reads and that has no `maxReceiveCount`. */
  readonly deadLetterQueue: string | undefined
  readonly maxReceiveCount: number
  readonly retention: number
}

/** The event source mapping from a queue to a function. */
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

/** The event source mapping from a stream to a function. */
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

/** What is known about the environment variables of a function before its resources exist. */
export interface DeclaredEnvironment {
  /** Empty when `environment` threw without real resources. */
  readonly variables: Readonly<Record<string, string>>
  /** Whether `environment` reads the connection string of the database. */
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
  /** The mapping from the queue that it reads. */
  readonly eventSource: AppEventSource | undefined
  /** The mapping from the stream that it reads. */
  readonly streamSource: AppStreamSource | undefined
  readonly reservedConcurrency: number | undefined
  readonly provisionedConcurrency: number | undefined
  /** 0 for a function that opens none, and for one whose connections are `'uncounted'`. */
  readonly connections: number
  readonly opensUncounted: boolean
  /** What is known about the environment variables before the resources exist. */
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
  /** Problems that do not stop the app. `spillway dev` prints them. */
  readonly warnings: readonly Problem[]
}
