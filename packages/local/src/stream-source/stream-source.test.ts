import type { KinesisStreamEvent } from 'aws-lambda'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { failing, failure, streamRun, textOf } from './testing/stream-run.ts'

let run: Awaited<ReturnType<typeof streamRun>>

beforeEach(async () => {
  run = await streamRun()
})

afterEach(() => run.stop())

const letters = (count: number) => [...'abcdefghijklmnopqrstuvwxyz'.slice(0, count)]

/** Creates a handler that fails a number of times when the batch contains a text. */
function failuresOf(text: string, times: number, kind: 'error' | 'throttle' = 'error') {
  let left = times
  return (texts: readonly string[]) => {
    if (!texts.includes(text) || left === 0) return null
    left -= 1
    return failure(kind)
  }
}

describe('a mapping without failures', () => {
  it('delivers all records from the oldest on, in order, in batches of at most batchSize', async () => {
    await run.put(...letters(5))
    const { state } = run.start(() => ({ batchItemFailures: [] }), { batchSize: 2 })
    await run.clock.advance(0)
    expect(run.batches).toEqual([['a', 'b'], ['c', 'd'], ['e']])
    await run.put('f')
    await run.clock.advance(999)
    expect(run.batches).toHaveLength(3)
    expect(state()).toMatchObject({ backlog: 1, iteratorAge: 999 })
    await run.clock.advance(1)
    expect(run.batches[3]).toEqual(['f'])
    expect(state()).toEqual({
      iteratorAge: 0,
      backlog: 0,
      invoking: 0,
      batches: 4,
      succeeded: 6,
      failed: 0,
      discarded: 0,
    })
  })

  it('delivers 100 records per invocation by default', async () => {
    await run.put(...Array.from({ length: 250 }, (_, index) => String(index)))
    run.start(() => null)
    await run.clock.advance(0)
    expect(run.batches.map((batch) => batch.length)).toEqual([100, 100, 50])
  })

  it('creates records as Lambda does', async () => {
    await run.clock.advance(1500)
    await run.put('öl')
    run.start(() => null)
    await run.clock.advance(0)
    const event = { Records: [...(run.events[0] ?? [])] } satisfies KinesisStreamEvent
    const [record] = run.engine.records('readings')
    expect(event).toEqual({
      Records: [
        {
          kinesis: {
            kinesisSchemaVersion: '1.0',
            partitionKey: 'ö',
            sequenceNumber: record?.sequenceNumber,
            data: 'w7Zs',
            approximateArrivalTimestamp: 1.5,
          },
          eventSource: 'aws:kinesis',
          eventVersion: '1.0',
          eventID: `shardId-000000000000:${record?.sequenceNumber}`,
          eventName: 'aws:kinesis:record',
          invokeIdentityArn: 'arn:aws:iam::000000000000:role/local',
          awsRegion: 'us-east-1',
          eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/readings',
        },
      ],
    })
  })

  it('waits until the window has passed, which begins again after an invocation', async () => {
    run.start(() => run.clock.sleep(3000), { batchingWindow: 5, batchSize: 3 })
    await run.put('a')
    await run.clock.advance(1000)
    await run.put('b')
    await run.clock.advance(4999)
    expect(run.batches).toEqual([])
    await run.clock.advance(1)
    expect(run.batches).toEqual([['a', 'b']])
    await run.put('c')
    await run.clock.advance(7999)
    expect(run.batches).toHaveLength(1)
    await run.clock.advance(1)
    expect(run.batches[1]).toEqual(['c'])
    await run.put('d', 'e', 'f')
    await run.clock.advance(3000)
    expect(run.batches[2]).toEqual(['d', 'e', 'f'])
    await run.clock.advance(3000)
  })

  it('starts the next batch with the record that would make the payload larger than 6 MB', async () => {
    const large = (name: string) => name.repeat(1_048_000)
    for (const name of 'abcdef') {
      await run.put(large(name))
      await run.clock.advance(1000)
    }
    run.start(() => null)
    await run.clock.advance(5000)
    expect(run.batches.map((batch) => batch.map((text) => text[0]))).toEqual([
      ['a', 'b', 'c', 'd'],
      ['e', 'f'],
    ])
  })

  it('waits when the read limit of the shard is reached, and continues', async () => {
    const [reader] = run.engine.readers('readings')
    for (let read = 0; read < 5; read += 1) reader?.read(undefined, 1)
    await run.put('a')
    run.start(() => null)
    await run.clock.advance(199)
    expect(run.batches).toEqual([])
    await run.clock.advance(1)
    expect(run.batches).toEqual([['a']])
  })
})

describe('lanes', () => {
  it('run one batch at a time, each partition key always in the same lane', async () => {
    const running: (readonly string[])[] = []
    let most = 0
    let overlaps = 0
    run.start(
      async (texts) => {
        const keys = new Set(texts.map((text) => text[0]))
        if (running.flat().some((text) => keys.has(text[0]))) overlaps += 1
        running.push(texts)
        most = Math.max(most, running.length)
        await run.clock.sleep(100)
        running.splice(running.indexOf(texts), 1)
      },
      { parallelizationFactor: 3, batchSize: 4 },
    )
    const texts = [0, 1, 2, 3].flatMap((index) => letters(20).map((letter) => `${letter}${index}`))
    await run.put(...texts)
    await run.clock.advance(5000)
    expect([most, overlaps]).toEqual([3, 0])
    const done = run.batches.flat()
    expect(done.toSorted()).toEqual(texts.toSorted())
    for (const letter of letters(20)) {
      expect(done.filter((text) => text.startsWith(letter))).toEqual(
        [0, 1, 2, 3].map((index) => `${letter}${index}`),
      )
    }
  })

  it('continue while one of them is blocked, and the checkpoint waits for the blocked one', async () => {
    await run.put(...letters(20))
    const { state } = run.start((texts) => (texts.includes('a') ? failure('error') : null), {
      parallelizationFactor: 10,
      batchSize: 1,
    })
    await run.clock.advance(60_000)
    const ran = new Set(run.batches.flat())
    const stuck = letters(20).filter((letter) => !ran.has(letter))
    expect(run.batches.flat()).toContain('b')
    expect(stuck.length).toBeLessThan(8)
    expect(state()).toMatchObject({ iteratorAge: 60_000, succeeded: 19 - stuck.length })
  })

  it('are separate for each shard', async () => {
    await run.stop()
    run = await streamRun(4)
    await run.put(...letters(26))
    let running = 0
    let most = 0
    run.start(async () => {
      running += 1
      most = Math.max(most, running)
      await run.clock.sleep(100)
      running -= 1
    })
    await run.clock.advance(1000)
    expect(most).toBe(4)
    expect(run.batches.flat().toSorted()).toEqual(letters(26))
    for (const records of run.events) {
      expect(new Set(records.map(({ eventID }) => eventID.split(':')[0])).size).toBe(1)
    }
  })
})

describe('a batch that fails', () => {
  it.each(['error', 'timeout', 'crash'] as const)('is retried as a whole after a(n) %s', async (kind) => {
    await run.put('a', 'b', 'c')
    let calls = 0
    const { state } = run.start(() => (calls++ < 2 ? failure(kind) : null), { batchSize: 2 })
    await run.clock.advance(1000)
    expect(run.batches).toEqual([['a', 'b'], ['a', 'b'], ['a', 'b'], ['c']])
    expect(state()).toMatchObject({ batches: 4, succeeded: 3, failed: 4, discarded: 0 })
  })

  it('waits longer after each failure', async () => {
    await run.put('a')
    const times: number[] = []
    run.start(() => {
      times.push(run.clock.now())
      return failure('error')
    })
    await run.clock.advance(120_000)
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    for (const [index, wait] of waits.entries()) {
      const longest = Math.min(10_000, 200 * 2 ** index)
      expect(wait).toBeGreaterThanOrEqual(longest / 2)
      expect(wait).toBeLessThanOrEqual(longest)
    }
    expect(waits.length).toBeGreaterThan(12)
  })

  it('survives a function that rejects', async () => {
    await run.put('a')
    let calls = 0
    run.start(() => {
      calls += 1
      if (calls === 1) throw 'a string'
    })
    await run.clock.advance(1000)
    expect(run.batches).toEqual([['a'], ['a']])
  })

  it('is retried from the lowest returned sequence number, even if later records succeeded', async () => {
    await run.put(...letters(5))
    const { state } = run.start((_, records) =>
      run.batches.length === 1 ? failing(records.toReversed(), 'c', 'e') : null,
    )
    await run.clock.advance(1000)
    expect(run.batches).toEqual([
      ['a', 'b', 'c', 'd', 'e'],
      ['c', 'd', 'e'],
    ])
    expect(state()).toMatchObject({ succeeded: 5, failed: 3 })
  })

  it('reports once the setting that partial failures need on AWS', async () => {
    await run.put(...letters(3))
    run.start((_, records) => (run.batches.length < 3 ? failing(records, 'b') : null))
    await run.clock.advance(5000)
    expect(run.batches).toEqual([
      ['a', 'b', 'c'],
      ['b', 'c'],
      ['b', 'c'],
    ])
    expect(run.problems).toEqual([
      {
        code: 'partial-failures',
        message:
          'returned batchItemFailures: on AWS the event source mapping needs FunctionResponseTypes: [ReportBatchItemFailures], or Lambda treats these records as done',
      },
    ])
  })

  it('is retried as a whole after an invalid response', async () => {
    await run.put('a', 'b')
    run.start(() => (run.batches.length === 1 ? { batchItemFailures: [{ itemIdentifier: '' }] } : null))
    await run.clock.advance(1000)
    expect(run.batches).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ])
    const [first, last] = run.events[0]?.map(({ kinesis }) => kinesis.sequenceNumber) ?? []
    expect(run.problems).toEqual([
      {
        code: 'response-malformed',
        message: `the response is malformed: an entry of batchItemFailures has no itemIdentifier; 2 records of stream readings, shardId-000000000000, sequence numbers ${first} to ${last}`,
      },
    ])
  })

  it('is discarded after its retries, and the records after it are delivered', async () => {
    await run.put('a', 'b', 'c')
    const { state } = run.start((texts) => (texts.includes('a') ? failure('error') : null), {
      batchSize: 2,
      maximumRetryAttempts: 3,
    })
    await run.clock.advance(5000)
    expect(run.batches).toEqual([['a', 'b'], ['a', 'b'], ['a', 'b'], ['a', 'b'], ['c']])
    expect(run.discarded).toMatchObject([
      {
        reason: 'RetryAttemptsExhausted',
        functionName: 'write',
        invocations: 4,
        result: { ok: false, kind: 'error' },
        event: { Records: [{ kinesis: { data: 'YQ==' } }, { kinesis: { data: 'Yg==' } }] },
      },
    ])
    expect(state()).toMatchObject({ succeeded: 1, failed: 8, discarded: 2, backlog: 0 })
    expect(run.problems[0]).toMatchObject({ code: 'batch-discarded' })
    expect(run.problems[0]?.message).toContain('was discarded (RetryAttemptsExhausted)')
  })

  it('is tried once when there are no retries allowed', async () => {
    await run.put('a')
    run.start(() => failure('error'), { maximumRetryAttempts: 0 })
    await run.clock.advance(60_000)
    expect([run.batches.length, run.discarded.length]).toEqual([1, 1])
  })

  it('blocks its shard until the stream deletes it, without a limit of retries', async () => {
    await run.put('a')
    await run.clock.advance(20_000)
    await run.put('b')
    await run.clock.advance(86_319_000)
    const { state } = run.start((texts) => (texts.includes('a') ? failure('error') : null), { batchSize: 1 })
    await run.clock.advance(60_000)
    expect(state()).toMatchObject({ discarded: 0, succeeded: 0, backlog: 2, iteratorAge: 86_399_000 })
    await run.clock.advance(15_000)
    expect(run.discarded).toMatchObject([{ reason: 'RecordAgeExceeded' }])
    expect(run.problems[0]?.message).toContain('is at the onFailure destination')
    expect(run.batches.at(-1)).toEqual(['b'])
  })

  it('discards records that are too old, and retries the others', async () => {
    await run.put('a')
    await run.clock.advance(50_000)
    await run.put('b')
    run.start((texts) => (texts.includes('a') ? failure('error') : null), { maximumRecordAgeInSeconds: 60 })
    await run.clock.advance(30_000)
    expect(run.batches[0]).toEqual(['a', 'b'])
    expect(run.batches.at(-1)).toEqual(['b'])
    expect(run.discarded.map(({ records, reason }) => [records.length, reason])).toEqual([
      [1, 'RecordAgeExceeded'],
    ])
    expect(run.batches.filter(([text]) => text === 'a').length).toBe(run.discarded[0]?.invocations)
  })

  it('reports that it is lost when there is no destination', async () => {
    await run.put('a')
    const { state } = run.start(() => failure('error'), { maximumRetryAttempts: 0 }, null)
    await run.clock.advance(1000)
    expect(run.problems.map(({ code }) => code)).toEqual(['batch-discarded'])
    expect(run.problems[0]?.message).toContain('is lost: there is no onFailure')
    expect(state()).toMatchObject({ discarded: 1, backlog: 0 })
  })

  it('is retried while its destination fails, and is not lost', async () => {
    await run.put('a', 'b')
    let refusals = 3
    const sent: string[] = []
    const { state } = run.start(
      (texts) => (texts.includes('a') ? failure('error') : null),
      { maximumRetryAttempts: 0, batchSize: 1 },
      {
        async send({ event }) {
          if (refusals-- > 0) throw new Error('away')
          sent.push(...event.Records.map(textOf))
        },
      },
    )
    await run.clock.advance(100)
    expect(state()).toMatchObject({ backlog: 2, discarded: 0 })
    expect(run.problems.map(({ code }) => code)).toEqual(['destination-failed'])
    await run.clock.advance(5000)
    expect(sent).toEqual(['a'])
    expect(state()).toMatchObject({ backlog: 0, discarded: 1, succeeded: 1 })
  })
})

describe('bisect', () => {
  const bisect = { bisectBatchOnFunctionError: true }

  it('halves a failed batch until the poisonous record is alone, without counting retries', async () => {
    await run.put(...letters(8))
    const { state } = run.start((texts) => (texts.includes('c') ? failure('error') : null), {
      ...bisect,
      maximumRetryAttempts: 2,
    })
    await run.clock.advance(60_000)
    expect(run.batches.map((batch) => batch.join(''))).toEqual([
      'abcdefgh',
      'abcd',
      'ab',
      'cd',
      'c',
      'c',
      'c',
      'd',
      'efgh',
    ])
    expect(run.discarded.map(({ event, invocations }) => [event.Records.map(textOf), invocations])).toEqual([
      [['c'], 6],
    ])
    expect(state()).toMatchObject({ succeeded: 7, discarded: 1, backlog: 0 })
  })

  it('continues at the returned sequence number', async () => {
    await run.put(...letters(8))
    run.start((texts, records) => (texts.includes('f') ? failing(records, 'f') : null), {
      ...bisect,
      maximumRetryAttempts: 1,
    })
    await run.clock.advance(60_000)
    expect(run.batches.map((batch) => batch.join(''))).toEqual(['abcdefgh', 'fgh', 'fg', 'f', 'f', 'g', 'h'])
    expect(run.discarded.map(({ records }) => records.length)).toEqual([1])
  })

  it('without it, innocent records are discarded with a poisonous one', async () => {
    await run.put(...letters(4))
    run.start((texts, records) => (texts.includes('b') ? failing(records, 'b') : null), {
      maximumRetryAttempts: 1,
    })
    await run.clock.advance(60_000)
    expect(run.batches.map((batch) => batch.join(''))).toEqual(['abcd', 'bcd'])
    expect(run.discarded.map(({ event }) => event.Records.map(textOf))).toEqual([['b', 'c', 'd']])
  })
})

describe('a throttle', () => {
  it('does not count as a retry', async () => {
    await run.put('a', 'b')
    const { state } = run.start(failuresOf('a', 20, 'throttle'), { maximumRetryAttempts: 0, batchSize: 1 })
    await run.clock.advance(120_000)
    expect(run.batches.length).toBe(22)
    expect(state()).toMatchObject({ batches: 2, succeeded: 2, failed: 0, discarded: 0 })
  })

  it('is retried with pauses until the record is too old', async () => {
    await run.put('a')
    run.start(() => failure('throttle'), { maximumRecordAgeInSeconds: 60 })
    await run.clock.advance(90_000)
    expect(run.discarded).toMatchObject([{ reason: 'RecordAgeExceeded' }])
    expect(run.batches.length).toBeLessThan(60)
  })
})

describe('stop', () => {
  it('waits at most 2 s for an invocation, and reads no more', async () => {
    await run.put('a')
    const hanging = Promise.withResolvers<void>()
    const source = run.start(() => hanging.promise)
    await run.clock.advance(0)
    const before = performance.now()
    await source.stop()
    expect(performance.now() - before).toBeGreaterThan(1900)
    expect(source.state()).toMatchObject({ invoking: 1, succeeded: 0 })
    hanging.resolve()
    await run.put('b')
    await run.clock.advance(10_000)
    expect(run.batches).toEqual([['a']])
  })

  it('does not wait when it is idle or pauses before a retry', async () => {
    await run.put('a')
    const source = run.start(() => failure('error'))
    await run.clock.advance(100)
    const before = performance.now()
    await Promise.all([source.stop(), source.stop()])
    expect(performance.now() - before).toBeLessThan(1500)
    expect(source.state()).toMatchObject({ backlog: 1, discarded: 0, invoking: 0 })
  })
})

it('lets a full stream delete records that are done, and no others', async () => {
  await run.stop()
  run = await streamRun(1, 800)
  const stored = () => run.engine.records('readings').map(({ data }) => Buffer.from(data).toString())
  await run.put('a', 'b', 'c')
  run.start((texts) => (texts.includes('b') ? failure('error') : null), {
    batchSize: 1,
    parallelizationFactor: 10,
  })
  await run.clock.advance(1000)
  expect(run.batches.flat()).toContain('c')
  await run.put('d')
  expect(stored()).toEqual(['b', 'c', 'd'])
  // The record before it in the shard is not done.
  await expect(run.put('e')).rejects.toThrow('did not take')
  expect(stored()).toEqual(['b', 'c', 'd'])
})

it.each([
  [{ batchSize: 0 }, 'batchSize'],
  [{ batchSize: 10_001 }, 'batchSize'],
  [{ batchingWindow: 301 }, 'batchingWindow'],
  [{ parallelizationFactor: 11 }, 'parallelizationFactor'],
  [{ maximumRetryAttempts: -2 }, 'maximumRetryAttempts'],
  [{ maximumRetryAttempts: 10_001 }, 'maximumRetryAttempts'],
  [{ maximumRecordAgeInSeconds: 59 }, 'maximumRecordAgeInSeconds'],
  [{ batchsize: 60 } as object, 'has no option `batchsize`. Its options are readers'],
])('rejects %j', (spec, name) => {
  expect(() => run.start(() => null, spec)).toThrow(
    expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID', message: expect.stringContaining(name) }),
  )
})
