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
    title: 'the function may run longer than its messages are hidden',
    meaning:
      'Lambda refuses the event source mapping. A second invocation would get the messages while the first still works on them. Raise `visibilityTimeout`, or leave it out: its default fits.',
    examples: [reading({ timeout: 60 }, { queues: { orders: { visibilityTimeout: 30 } } })],
  },
  E2: {
    title: 'a large batch has no batching window',
    meaning: 'Lambda refuses a batch of more than 10 messages without a window. Set `batchingWindow: 1`.',
    examples: [reading({ batchSize: 500 })],
  },
  E3: {
    title: 'a FIFO queue has a large batch or a batching window',
    meaning:
      'Lambda refuses both for a FIFO queue. Set `batchSize` to at most 10 and leave `batchingWindow` out.',
    examples: [reading({ queue: 'orders.fifo', batchSize: 10, batchingWindow: 1 })],
  },
  E5: {
    title: 'a queue and the queue for its failures are of different types',
    meaning:
      'SQS takes a FIFO queue as the dead-letter queue of a FIFO queue only, and a standard queue for a standard queue. As `onFailure` of a stream Lambda takes a standard queue only.',
    examples: [
      reading({}, { queues: { orders: { deadLetterQueue: 'failed.fifo' } } }),
      streaming({ onFailure: { queue: 'failed.fifo' } }),
    ],
  },
  E9: {
    title: 'the connection budget does not hold',
    meaning:
      'Under load the database would refuse connections, or nothing limits how many there are. The message says which function it is. Lower its `maximumConcurrency`, `reservedConcurrency` or `connections`, raise the budget, or let the server hold it with `connectionLimit: true`. See [The connection budget](../budget.md).',
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
    title: 'reserved concurrency contradicts another number',
    meaning:
      'A throttled batch goes back to its queue and has used up a receive. After `maxReceiveCount` of them its messages are in the dead-letter queue, and the function never ran. Limit a function that reads a queue by `maximumConcurrency`, which leaves the messages in the queue. Lambda also refuses a `provisionedConcurrency` above `reservedConcurrency`.',
    examples: [
      reading({ http: 'POST /orders', reservedConcurrency: 10 }),
      reading({ reservedConcurrency: 10 }),
      reading({ reservedConcurrency: 10, maximumConcurrency: 20 }),
      serving({ reservedConcurrency: 10, provisionedConcurrency: 20 }),
    ],
  },
  W22: {
    title: 'no connection is left for people',
    meaning:
      'MySQL has no reserved connections by itself. In the hour in which you need one, the functions have them all. Set `reserved`.',
    examples: [writing({}, { engine: 'mysql', reserved: 0 })],
  },
  W23: {
    title: 'a deploy may exceed the budget',
    meaning:
      'A deploy replaces all environments. Lambda freezes the old ones, which keep their connections, and starts as many new ones beside them. For a while there are up to twice as many connections.',
    examples: [writing({ maximumConcurrency: 60 })],
  },
  W24: {
    title: 'the functions together want more than the budget',
    meaning:
      'With `connectionLimit` this is safe: the server refuses what exceeds the budget, and the writers wait. It costs time under full load, which Lambda bills. Lower the concurrency of one of them.',
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
      'After a deploy the new environments wait until the server ends the idle sessions of the old ones. A function with less time fails, and its messages have used up a receive.',
    examples: [writing({ timeout: 3 }, { connectionLimit: true })],
  },
  W26: {
    title: 'connections are not counted',
    meaning:
      "`connections: 'uncounted'` tells the planner that a function opens as many connections as it likes. Nothing holds the budget then. Use `postgresPool` or `mysqlPool`, and say how many.",
    examples: [serving({ connections: 'uncounted' }, { database })],
  },
  W27: {
    title: 'a stream gives up too soon',
    meaning:
      'Retries of a stream follow one another at once, so that a fixed number of them lasts for minutes. Let the age of a record be the limit.',
    examples: [streaming({ maximumRetryAttempts: 10 }), streaming({ maximumRecordAgeInSeconds: 600 })],
  },
  W28: {
    title: 'an outage of an hour sends healthy messages to the dead-letter queue',
    meaning:
      'Each delivery that meets the outage uses up a receive. With the default back-off of `batch` it takes 82 of them to last for an hour. `outageSurvival` of `@spillway/batch` computes it for other back-offs.',
    examples: [reading({}, { queues: { orders: { maxReceiveCount: 5 } } })],
  },
  W29: {
    title: 'the dead-letter queue forgets too soon',
    meaning:
      'The age of a message counts from when it was sent, also in the dead-letter queue of a standard queue. A dead-letter queue that keeps messages no longer than its queue may delete them as soon as they arrive.',
    examples: [reading({}, { queues: { orders: {}, 'orders-dlq': { retention: 345_600 } } })],
  },
}
