import { describe, expect, it } from 'vitest'
import { defineApp, type FunctionOptions, type QueueOptions } from './index.ts'

const warningsOf = (options: Parameters<typeof defineApp>[0]) =>
  defineApp(options).warnings.map(({ id, message }) => `${id}: ${message}`)

const queueApp = (queues: Readonly<Record<string, QueueOptions>>) =>
  warningsOf({ name: 'a', queues, functions: { write: { entry: './write.ts', queue: 'orders' } } })

const streamApp = (options: Partial<FunctionOptions>) =>
  warningsOf({
    name: 'a',
    streams: { readings: { shards: 1 } },
    functions: { write: { entry: './write.ts', stream: 'readings', ...options } },
  })

describe('an outage of an hour', () => {
  it('causes no warning with the defaults', () => {
    expect(queueApp({})).toStrictEqual([])
    expect(queueApp({ orders: { maxReceiveCount: 82 } })).toStrictEqual([])
    expect(streamApp({})).toStrictEqual([])
    expect(streamApp({ maximumRecordAgeInSeconds: -1 })).toStrictEqual([])
    expect(streamApp({ maximumRecordAgeInSeconds: 3600 })).toStrictEqual([])
  })

  it.each([
    [1, 0],
    [2, 15],
    [4, 90],
    [5, 135],
    [10, 360],
    [81, 3555],
  ])('sends messages of a queue with a maxReceiveCount of %i to the dead-letter queue', (count, seconds) => {
    expect(queueApp({ orders: { maxReceiveCount: count } })).toStrictEqual([
      `W28: queues.orders has a maxReceiveCount of ${count}: with the default back-off of batch, an outage of ${seconds} s may send healthy messages to its dead-letter queue. Remove it (the default is 100), or see outageSurvival of @spillway/batch.`,
    ])
  })

  it('causes no warning for a queue that no function reads', () => {
    expect(queueApp({ looked: { maxReceiveCount: 3 } })).toStrictEqual([])
  })

  it.each([0, 10, 10_000])('discards records of a stream that is retried %i times', (count) => {
    expect(streamApp({ maximumRetryAttempts: count })).toStrictEqual([
      `W27: functions.write has a maximumRetryAttempts of ${count}: they last only for minutes of an outage, and healthy records are sent to its onFailure. Remove it (the default, -1, is no limit), so that maximumRecordAgeInSeconds is the limit.`,
    ])
  })

  it('discards records of a stream when their maximum age is less than an hour', () => {
    expect(streamApp({ maximumRecordAgeInSeconds: 600 })).toStrictEqual([
      'W27: functions.write has a maximumRecordAgeInSeconds of 600: a longer outage sends healthy records to its onFailure. Set it to at least 3600.',
    ])
  })
})

it('warns of a dead-letter queue that keeps messages no longer than its queue', () => {
  expect(queueApp({ 'orders-dlq': { retention: 345_600 } })).toStrictEqual([
    'W29: queues.orders-dlq keeps messages for 345600 s, no longer than queues.orders (345600 s): their age counts from when they were sent, so it may delete them as soon as they are dead-lettered.',
  ])
  expect(queueApp({ 'orders-dlq': { retention: 345_601 } })).toStrictEqual([])
  expect(queueApp({ orders: { retention: 1_209_600 } })).toHaveLength(1)
})

it('does not warn of a dead-letter queue that a function reads', () => {
  const read = { entry: './read.ts', queue: 'orders-dlq' }
  const write = { entry: './write.ts', queue: 'orders' }
  expect(warningsOf({ name: 'a', functions: { read, write } })).toStrictEqual([])
})

it('rejects a retention that SQS rejects', () => {
  expect(() => queueApp({ orders: { retention: 59 } })).toThrow(
    'queues.orders: the option `retention` must be an integer from 60 to 1209600.',
  )
})
