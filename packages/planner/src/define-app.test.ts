import { describe, expect, it } from 'vitest'
import { type AppOptions, defineApp, findQueue } from './index.ts'

/** A queue that no function reads. */
const unread = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0, retention: 1_209_600 }
const write = { entry: './write.ts', queue: 'orders', timeout: 30 }

function messageOf(options: AppOptions): string {
  try {
    defineApp(options)
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing was thrown'
}

describe('defaults', () => {
  it('adds a dead-letter queue and the visibility time-out that AWS recommends to a queue with a reader', () => {
    const app = defineApp({
      name: 'a',
      functions: { write: { ...write, batchSize: 100, batchingWindow: 2 } },
    })
    expect(app.queues).toStrictEqual([
      {
        name: 'orders',
        visibilityTimeout: 182,
        deadLetterQueue: 'orders-dlq',
        maxReceiveCount: 100,
        retention: 345_600,
      },
      { ...unread, name: 'orders-dlq' },
    ])
  })

  it('keeps .fifo at the end of the name of a dead-letter queue', () => {
    const app = defineApp({ name: 'a', functions: { write: { ...write, queue: 'orders.fifo' } } })
    expect(app.queues.map(({ name }) => name)).toStrictEqual(['orders.fifo', 'orders-dlq.fifo'])
  })

  it('adds no dead-letter queue to a queue without a reader, unless it has a maxReceiveCount', () => {
    const queues = { parked: {}, counted: { maxReceiveCount: 3 } }
    expect(defineApp({ name: 'a', queues, functions: {} }).queues).toStrictEqual([
      { ...unread, name: 'parked' },
      {
        ...unread,
        name: 'counted',
        deadLetterQueue: 'counted-dlq',
        maxReceiveCount: 3,
        retention: 345_600,
      },
      { ...unread, name: 'counted-dlq' },
    ])
  })

  it('sets the options of a function as Lambda does', () => {
    const [fn] = defineApp({
      name: 'a',
      functions: { api: { entry: './api.ts', http: 'POST /a' } },
    }).functions
    expect(fn).toMatchObject({
      handler: 'handler',
      timeout: 3,
      memorySize: 512,
      routes: [{ method: 'POST', path: '/a' }],
      eventSource: undefined,
      reservedConcurrency: undefined,
      connections: 0,
    })
  })

  it('computes the budget', () => {
    const database = { engine: 'postgres', maxConnections: 20, reserved: 4 } as const
    expect(defineApp({ name: 'a', database, functions: {} }).database?.budget).toBe(16)
  })
})

describe('reserved concurrency', () => {
  const database = { engine: 'postgres', maxConnections: 20, reserved: 4 } as const

  it('allows a function that HTTP invokes to open connections, up to the budget', () => {
    const status = { entry: './status.ts', http: 'GET /a/{id}', connections: 2, reservedConcurrency: 4 }
    const app = defineApp({
      name: 'a',
      database,
      functions: { write: { ...write, maximumConcurrency: 8, connections: 1 }, status },
    })
    expect(app.functions.map(({ reservedConcurrency }) => reservedConcurrency)).toStrictEqual([undefined, 4])
  })

  it('does not raise the connections above the maximumConcurrency of the queue', () => {
    const one = { ...write, maximumConcurrency: 8, reservedConcurrency: 100, connections: 2 }
    expect(defineApp({ name: 'a', database, functions: { one } }).functions).toHaveLength(1)
  })

  it('may be 0, which stops the function', () => {
    const api = { entry: './api.ts', http: 'POST /a', reservedConcurrency: 0, connections: 1 }
    expect(defineApp({ name: 'a', database, functions: { api } }).functions[0]?.reservedConcurrency).toBe(0)
  })

  it.each([
    ['a function that a queue invokes', { ...write, maximumConcurrency: 8 }],
    ['one without a maximum', write],
    ['one that HTTP invokes, too', { ...write, http: 'POST /a', maximumConcurrency: 8 }],
  ])('may be 0, which stops %s', (_, options) => {
    const fn = { ...options, connections: 1, reservedConcurrency: 0 }
    expect(defineApp({ name: 'a', database, functions: { fn } }).functions).toHaveLength(1)
  })

  it('may replace the maximumConcurrency of a FIFO queue, which has one batch per group', () => {
    const fifo = { ...write, queue: 'orders.fifo', connections: 1, reservedConcurrency: 5 }
    expect(defineApp({ name: 'a', database, functions: { fifo } }).functions).toHaveLength(1)
  })
})

describe('errors', () => {
  it.each<[string, AppOptions, string]>([
    [
      'a typo',
      { name: 'a', functions: { write: { ...write, batchsize: 10 } as never } },
      'functions.write has no option `batchsize`. Did you mean `batchSize`?',
    ],
    [
      'an invalid route',
      { name: 'a', functions: { api: { entry: './a.ts', http: '/orders' } } },
      "functions.api: the option `http` must be a route such as 'POST /orders', or an array of them.",
    ],
    [
      'a concurrency of 1',
      { name: 'a', functions: { write: { ...write, maximumConcurrency: 1 } } },
      'functions.write: the option `maximumConcurrency` must be an integer from 2 to 1000.',
    ],
    [
      'a time-out beyond the visibility time-out',
      { name: 'a', queues: { orders: { visibilityTimeout: 10 } }, functions: { write } },
      "The app 'a' cannot work:\n  E1: functions.write may run 30 s, longer than the visibility time-out of its queue (10 s).",
    ],
    [
      'a large batch without a window',
      { name: 'a', functions: { write: { ...write, batchSize: 11 } } },
      "The app 'a' cannot work:\n  E2: functions.write has a batchSize of 11; more than 10 need a batchingWindow of at least 1 s.",
    ],
    [
      'a FIFO queue with a window',
      { name: 'a', functions: { write: { ...write, queue: 'o.fifo', batchingWindow: 1 } } },
      "The app 'a' cannot work:\n  E3: functions.write reads a FIFO queue, which allows a batchSize of at most 10 and no batchingWindow.",
    ],
    [
      'more connections than the budget',
      {
        name: 'a',
        database: { engine: 'postgres', maxConnections: 20, reserved: 4 },
        functions: { write: { ...write, maximumConcurrency: 9, connections: 2 } },
      },
      "The app 'a' cannot work:\n  E9: the functions may open 18 database connections (write 9 × 2 = 18), but the budget is 16.",
    ],
    [
      'connections without a limit',
      {
        name: 'a',
        database: { engine: 'postgres', maxConnections: 20 },
        functions: { write: { ...write, connections: 1 } },
      },
      "The app 'a' cannot work:\n  E9: functions.write opens database connections, but nothing limits how many: give it a maximumConcurrency.",
    ],
    [
      'connections of a function that HTTP invokes',
      {
        name: 'a',
        database: { engine: 'postgres', maxConnections: 20 },
        functions: { write: { ...write, http: 'POST /a', maximumConcurrency: 2, connections: 1 } },
      },
      "The app 'a' cannot work:\n  E9: functions.write opens database connections, but nothing limits how many: split it into one function for HTTP, with a reservedConcurrency, and one for the queue, with a maximumConcurrency.",
    ],
    [
      'connections of a function that only HTTP invokes',
      {
        name: 'a',
        database: { engine: 'postgres', maxConnections: 20 },
        functions: { status: { entry: './status.ts', http: 'GET /a/{id}', connections: 1 } },
      },
      "The app 'a' cannot work:\n  E9: functions.status opens database connections, but nothing limits how many: give it a reservedConcurrency.",
    ],
    [
      'more connections than the budget, including those of a function that HTTP invokes',
      {
        name: 'a',
        database: { engine: 'postgres', maxConnections: 20, reserved: 4 },
        functions: {
          write: { ...write, maximumConcurrency: 8, connections: 1 },
          status: { entry: './status.ts', http: 'GET /a/{id}', connections: 3, reservedConcurrency: 3 },
        },
      },
      "The app 'a' cannot work:\n  E9: the functions may open 17 database connections (write 8 × 1 = 8, status 3 × 3 = 9), but the budget is 16.",
    ],
    [
      'a reserved concurrency of less than 0',
      { name: 'a', functions: { write: { ...write, reservedConcurrency: -1 } } },
      'functions.write: the option `reservedConcurrency` must be an integer from 0 up.',
    ],
    [
      'a reserved concurrency below the maximumConcurrency of the queue',
      { name: 'a', functions: { write: { ...write, maximumConcurrency: 8, reservedConcurrency: 7 } } },
      "The app 'a' cannot work:\n  E11: functions.write has a reservedConcurrency of 7, but the maximumConcurrency of its queue is 8: batches above it are throttled, and their messages are dead-lettered without an attempt. Remove it, or set it to at least 8.",
    ],
    [
      'a reserved concurrency instead of the maximumConcurrency of the queue',
      { name: 'a', functions: { write: { ...write, reservedConcurrency: 8 } } },
      "The app 'a' cannot work:\n  E11: functions.write has a reservedConcurrency of 8, but its queue has no maximumConcurrency: batches above it are throttled, and their messages are dead-lettered without an attempt. Set a maximumConcurrency instead, which leaves them in the queue.",
    ],
    [
      'a reserved concurrency that HTTP and a queue share',
      {
        name: 'a',
        database: { engine: 'postgres', maxConnections: 20, reserved: 4 },
        functions: {
          both: { ...write, http: 'POST /a', maximumConcurrency: 8, reservedConcurrency: 16, connections: 1 },
        },
      },
      "The app 'a' cannot work:\n  E11: functions.both has a reservedConcurrency of 16, which HTTP requests can use up: batches of its queue are throttled, and their messages are dead-lettered without an attempt. Split it into one function for HTTP and one for the queue.",
    ],
    [
      'connections without a database',
      { name: 'a', functions: { write: { ...write, connections: 1 } } },
      "The app 'a' cannot work:\n  E9: functions.write opens connections, but the app has no database.",
    ],
    [
      'a dead-letter queue of another kind',
      { name: 'a', queues: { orders: { deadLetterQueue: 'dead.fifo' } }, functions: { write } },
      "The app 'a' cannot work:\n  E5: queues.orders and its dead-letter queue 'dead.fifo' must both be FIFO queues, or neither.",
    ],
    [
      'a queue that is its own dead-letter queue',
      { name: 'a', queues: { orders: { deadLetterQueue: 'orders' } }, functions: { write } },
      'queues.orders cannot be its own dead-letter queue.',
    ],
    [
      'an array instead of an object',
      { name: 'a', functions: [] as never },
      'defineApp: the option `functions` must be an object.',
    ],
    [
      'a reserve of all connections',
      { name: 'a', database: { engine: 'postgres', maxConnections: 3 }, functions: {} },
      "The app 'a' cannot work:\n  E9: database.reserved (3) leaves none of its 3 connections for the functions.",
    ],
  ])('reports %s', (_, options, message) => {
    expect(messageOf(options)).toBe(message)
  })

  it.each(['filter', 'filters', 'filterCriteria'])(
    'rejects a filter on the mapping, because Lambda deletes the messages that do not match: %s',
    (name) => {
      const functions = { write: { ...write, [name]: [{ body: { kind: ['a'] } }] } }
      expect(messageOf({ name: 'a', functions })).toContain(`functions.write has no option \`${name}\`.`)
    },
  )

  it('reports all problems at once', () => {
    const problems = messageOf({
      name: 'a',
      queues: { orders: { visibilityTimeout: 10 } },
      functions: { write: { ...write, batchSize: 11 } },
    })
    expect(problems.match(/E\d+/g)).toStrictEqual(['E1', 'E2'])
  })

  it('suggests the queue with the most similar name', () => {
    const app = defineApp({ name: 'a', functions: { write } })
    expect(() => findQueue(app, 'order')).toThrow("The app 'a' has no queue 'order'. Did you mean 'orders'?")
  })
})

describe('the name of a queue', () => {
  const longest = 'q'.repeat(80)

  it.each(['orders', 'Orders_2-eu', 'orders.fifo', longest])('may be %s', (name) => {
    const [queue] = defineApp({ name: 'a', queues: { [name]: {} }, functions: {} }).queues
    expect(queue?.name).toBe(name)
  })

  it.each(['or ders', 'orders.dlq', '.fifo', '', 'q'.repeat(81), `${longest}.fifo`])(
    'may not be %j',
    (name) => {
      expect(messageOf({ name: 'a', queues: { [name]: {} }, functions: {} })).toBe(
        `The name of the queue '${name}' must be 1 to 80 letters, digits, \`_\` and \`-\`, with \`.fifo\` at the end for a FIFO queue.`,
      )
    },
  )

  it('is also checked for the dead-letter queue that is created for it', () => {
    expect(messageOf({ name: 'a', functions: { write: { ...write, queue: longest } } })).toContain(
      `The name of the queue '${longest}-dlq' must be`,
    )
  })
})
