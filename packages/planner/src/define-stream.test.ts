import { describe, expect, it } from 'vitest'
import { type AppOptions, defineApp, type FunctionOptions, findStream } from './index.ts'

/** A queue that no function reads. */
const unread = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0, retention: 1_209_600 }
const write = { entry: './write.ts', stream: 'readings', timeout: 30 }
const streams = { readings: { shards: 2 } }
const app = (options: Partial<FunctionOptions> = {}, more: Partial<AppOptions> = {}) =>
  defineApp({ name: 'a', streams, functions: { write: { ...write, ...options } }, ...more })

describe('a stream', () => {
  it('has the defined options', () => {
    expect(defineApp({ name: 'a', functions: {} }).streams).toStrictEqual([])
    expect(app().streams).toStrictEqual([{ name: 'readings', shards: 2 }])
    expect(findStream(app(), 'readings')).toStrictEqual({ name: 'readings', shards: 2 })
  })

  it('sets defaults of its reader that neither lose records nor block a shard', () => {
    expect(app().functions[0]).toMatchObject({ eventSource: undefined })
    expect(app().functions[0]?.streamSource).toStrictEqual({
      stream: 'readings',
      batchSize: 100,
      batchingWindow: 0,
      parallelizationFactor: 1,
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: -1,
      maximumRecordAgeInSeconds: 43_200,
      onFailure: { bucket: 'readings-failed' },
    })
  })

  it('uses the options of its reader', () => {
    const given = {
      batchSize: 10_000,
      batchingWindow: 300,
      parallelizationFactor: 10,
      bisectBatchOnFunctionError: false,
      maximumRetryAttempts: 7,
      maximumRecordAgeInSeconds: -1,
      onFailure: { queue: 'failed' },
    }
    const { functions, queues } = app(given)
    expect(functions[0]?.streamSource).toStrictEqual({ stream: 'readings', ...given })
    expect(queues).toStrictEqual([{ ...unread, name: 'failed' }])
  })

  it('creates a queue for failures once, and keeps an existing one', () => {
    const onFailure = { queue: 'failed' }
    const two = defineApp({
      name: 'a',
      streams,
      queues: { failed: { visibilityTimeout: 60 } },
      functions: { one: { ...write, onFailure }, two: { ...write, onFailure } },
    })
    expect(two.queues.map(({ name, visibilityTimeout }) => [name, visibilityTimeout])).toStrictEqual([
      ['failed', 60],
    ])
  })
})

describe('the budget of a reader', () => {
  const database = { engine: 'postgres', maxConnections: 20, reserved: 4 } as const

  it('is that of all batches of its shards', () => {
    expect(app({ connections: 4, parallelizationFactor: 2 }, { database }).functions).toHaveLength(1)
    expect(() => app({ connections: 3, parallelizationFactor: 3 }, { database })).toThrow(
      "The app 'a' cannot work:\n  E9: the functions may open 18 database connections (write 6 × 3 = 18), but the budget is 16.",
    )
  })

  it('is no more than its reserved concurrency', () => {
    const most = { connections: 4, parallelizationFactor: 10, reservedConcurrency: 4 }
    expect(app(most, { database }).functions).toHaveLength(1)
  })

  it('has no limit when HTTP invokes it, too', () => {
    expect(() => app({ connections: 1, http: 'POST /a' }, { database })).toThrow(
      'E9: functions.write opens database connections, but nothing limits how many: split it into one function for HTTP, with a reservedConcurrency, and one for the stream.',
    )
  })
})

it.each<[string, () => unknown, string]>([
  [
    'a stream that the app does not have',
    () => app({ stream: 'reading' }),
    "The app 'a' has no stream 'reading'. Did you mean 'readings'?",
  ],
  [
    'a stream of an app without streams',
    () => app({}, { streams: {} }),
    "The app 'a' has no stream 'readings'. Its streams are: none.",
  ],
  [
    'a typo in a stream',
    () => app({}, { streams: { readings: { shard: 2 } as never } }),
    'streams.readings has no option `shard`. Did you mean `shards`?',
  ],
  [
    'no shards',
    () => app({}, { streams: { readings: { shards: 0 } } }),
    'streams.readings: the option `shards` must be an integer from 1 to 1000.',
  ],
  [
    'an invalid name of a stream',
    () => app({ stream: 'a b' }, { streams: { 'a b': { shards: 1 } } }),
    "The name of the stream 'a b' must be 1 to 128 letters, digits, `_`, `.` and `-`.",
  ],
  [
    'a queue and a stream',
    () => app({ queue: 'orders' }),
    'functions.write reads a queue and a stream: split it into one function for each.',
  ],
  [
    'an option that is only for a queue',
    () => app({ maximumConcurrency: 2 }),
    'functions.write has a `maximumConcurrency`, which is for a queue: a stream causes at most shards × parallelizationFactor invocations at once.',
  ],
  [
    'an option that is only for a stream',
    () => app({ stream: undefined as never, queue: 'orders', maximumRetryAttempts: 1 }),
    'functions.write has `maximumRetryAttempts`, which is for a function that reads a stream.',
  ],
  [
    'too many retries',
    () => app({ maximumRetryAttempts: 10_001 }),
    'functions.write: the option `maximumRetryAttempts` must be -1 or an integer from 0 to 10000.',
  ],
  [
    'an age that Lambda does not accept',
    () => app({ maximumRecordAgeInSeconds: 59 }),
    'functions.write: the option `maximumRecordAgeInSeconds` must be -1 or an integer from 60 to 604800.',
  ],
  [
    'two destinations',
    () => app({ onFailure: { bucket: 'a', queue: 'b' } }),
    'functions.write: the option `onFailure` must be an object with the name of a `bucket` or of a `queue`.',
  ],
  [
    'a FIFO queue as destination',
    () => app({ onFailure: { queue: 'failed.fifo' } }),
    "The app 'a' cannot work:\n  E5: functions.write cannot have the FIFO queue 'failed.fifo' as `onFailure`: Lambda accepts only a standard queue.",
  ],
])('reports %s', (_, define, message) => {
  expect(define).toThrow(message)
})
