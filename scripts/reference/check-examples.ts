import type { AppOptions, DatabaseOptions, FunctionOptions } from '../../packages/planner/src/index.ts'
import type { Check } from './checks.ts'

const entry = './write.ts'

/** An app with one function that reads the queue `orders`. */
function reading(write: Partial<FunctionOptions>, rest: Partial<AppOptions> = {}): AppOptions {
  return { name: 'shop', functions: { write: { entry, queue: 'orders', ...write } }, ...rest }
}

/** An app with a database of 100 connections and one function that reads a queue and opens connections. */
function writing(write: Partial<FunctionOptions>, database: Partial<DatabaseOptions> = {}): AppOptions {
  return reading(
    { maximumConcurrency: 20, connections: 1, timeout: 30, ...write },
    { database: { engine: 'postgres', maxConnections: 100, ...database } },
  )
}

/** An app with one function that reads a stream. */
function streaming(write: Partial<FunctionOptions>): AppOptions {
  return {
    name: 'shop',
    streams: { clicks: { shards: 4 } },
    functions: { write: { entry, stream: 'clicks', ...write } },
  }
}

/** An app whose one function is invoked by HTTP. */
function serving(api: Partial<FunctionOptions>, rest: Partial<AppOptions> = {}): AppOptions {
  return { name: 'shop', functions: { api: { entry, http: 'POST /orders', ...api } }, ...rest }
}

const database: DatabaseOptions = { engine: 'postgres', maxConnections: 100 }

/** Every check of the planner, by its id. A test runs the examples, and compares the ids with those in the code. */
export const checkExamples: Readonly<Record<string, Check>> = {
  E1: {
    title: 'the function may run longer than the visibility time-out of its messages',
    meaning:
      'Lambda rejects the event source mapping, because a second invocation would receive the messages while the first still processes them. Raise `visibilityTimeout`, or omit it: its default is long enough.',
    examples: [reading({ timeout: 60 }, { queues: { orders: { visibilityTimeout: 30 } } })],
  },
  E2: {
    title: 'a large batch has no batching window',
    meaning: 'Lambda rejects a batch of more than 10 messages without a window. Set `batchingWindow: 1`.',
    examples: [reading({ batchSize: 500 })],
  },
  E3: {
    title: 'a FIFO queue has a large batch or a batching window',
    meaning: 'Lambda rejects both for a FIFO queue. Set `batchSize` to at most 10 and omit `batchingWindow`.',
    examples: [reading({ queue: 'orders.fifo', batchSize: 10, batchingWindow: 1 })],
  },
  E5: {
    title: 'a queue and the queue for its failures are of different types',
    meaning:
      'SQS accepts a FIFO queue only as the dead-letter queue of a FIFO queue, and a standard queue only for a standard queue. As `onFailure` of a stream, Lambda accepts only a standard queue.',
    examples: [
      reading({}, { queues: { orders: { deadLetterQueue: 'failed.fifo' } } }),
      streaming({ onFailure: { queue: 'failed.fifo' } }),
    ],
  },
  E9: {
    title: 'the connection budget can be exceeded',
    meaning:
      'Under load the functions would open more connections than the budget, or nothing limits their number. The message names the function. Lower its `maximumConcurrency`, `reservedConcurrency` or `connections`, raise the budget, or let the server enforce it with `connectionLimit: true`. See [The connection budget](../budget.md).',
    examples: [
      writing({ maximumConcurrency: 150 }),
      writing({ maximumConcurrency: 150 }, { connectionLimit: true }),
      serving({ connections: 1 }, { database }),
      serving({ connections: 1, reservedConcurrency: 10 }),
      serving({ environment: ({ databaseUrl }) => ({ DATABASE_URL: databaseUrl }) }, { database }),
      serving({ environment: { SPILLWAY_CONNECTIONS: '2' } }),
      writing({}, { reserved: 100 }),
      writing({}, { reserved: 2 }),
    ],
  },
  E11: {
    title: 'reserved concurrency conflicts with another setting',
    meaning:
      'A throttled batch returns to its queue, but the receive counts. After `maxReceiveCount` receives its messages are dead-lettered although the function never ran. Limit a function that reads a queue with `maximumConcurrency`, which leaves the messages in the queue. Lambda also rejects a `provisionedConcurrency` above `reservedConcurrency`.',
    examples: [
      reading({ http: 'POST /orders', reservedConcurrency: 10 }),
      reading({ reservedConcurrency: 10 }),
      reading({ reservedConcurrency: 10, maximumConcurrency: 20 }),
      serving({ reservedConcurrency: 10, provisionedConcurrency: 20 }),
    ],
  },
  W22: {
    title: 'no connection is reserved for manual use',
    meaning:
      'MySQL itself reserves no connections for you. During an incident the functions may hold all of them. Set `reserved`.',
    examples: [writing({}, { engine: 'mysql', reserved: 0 })],
  },
  W23: {
    title: 'a deploy may exceed the budget',
    meaning:
      'A deploy replaces all environments. Lambda freezes the old ones, which keep their connections, and starts as many new ones beside them. For a while there are up to twice as many connections.',
    examples: [writing({ maximumConcurrency: 60 })],
  },
  W24: {
    title: 'the functions together may open more connections than the budget',
    meaning:
      'With `connectionLimit` this is safe: the server rejects connections above the budget, and the writers wait. Under full load Lambda bills the time for which they wait. Lower the concurrency of one of them.',
    examples: [
      {
        name: 'shop',
        database: { ...database, connectionLimit: true },
        functions: {
          orders: { entry, queue: 'orders', maximumConcurrency: 80, connections: 1, timeout: 30 },
          refunds: { entry, queue: 'refunds', maximumConcurrency: 40, connections: 1, timeout: 30 },
        },
      },
    ],
  },
  W25: {
    title: 'the function has no time to wait for a connection',
    meaning:
      'After a deploy the new environments wait until the server ends the idle sessions of the old ones. A function with less time fails, and the receive of its messages counts.',
    examples: [writing({ timeout: 3 }, { connectionLimit: true })],
  },
  W26: {
    title: 'connections are not counted',
    meaning:
      "`connections: 'uncounted'` declares that a function may open any number of connections. Then nothing enforces the budget. Use `postgresPool` or `mysqlPool`, and set the number of connections.",
    examples: [serving({ connections: 'uncounted' }, { database })],
  },
  W27: {
    title: 'a stream discards records too soon',
    meaning:
      'Lambda retries a stream without long pauses, so a fixed number of retries lasts only for minutes. Limit the age of a record instead.',
    examples: [streaming({ maximumRetryAttempts: 10 }), streaming({ maximumRecordAgeInSeconds: 600 })],
  },
  W28: {
    title: 'an outage of an hour sends healthy messages to the dead-letter queue',
    meaning:
      'Each delivery during the outage counts as a receive. With the default back-off of `batch`, 82 receives last for an hour. `outageSurvival` of `@spillway/batch` computes the number for other back-offs.',
    examples: [reading({}, { queues: { orders: { maxReceiveCount: 5 } } })],
  },
  W29: {
    title: 'the dead-letter queue deletes messages too soon',
    meaning:
      'The age of a message counts from when it was sent, also in the dead-letter queue of a standard queue. A dead-letter queue that keeps messages no longer than its queue may delete them as soon as they arrive.',
    examples: [reading({}, { queues: { orders: {}, 'orders-dlq': { retention: 345_600 } } })],
  },
}
