import { createServer } from 'node:net'
import {
  done,
  type LogFields,
  type Logger,
  type Outcome,
  park,
  retry,
  SpillwayError,
} from '@spillway/message'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type BatchOptions, eachRecord } from './index.ts'
import { drivenClock } from './testing/driven-clock.ts'
import { type Order, orderRecord, type VirtualRun, virtualRun } from './testing/virtual-run.ts'

afterEach(() => vi.restoreAllMocks())

type Line = readonly [level: string, message: string, fields: LogFields | undefined]
const many = (count: number) => Array.from({ length: count }, (_, n) => orderRecord(`r${n}`))

/** The lines about what failed in a batch; the one with its numbers is left out. */
async function linesOf(run: VirtualRun, options: BatchOptions<Order> = {}): Promise<readonly Line[]> {
  const lines: Line[] = []
  const write = (level: string) => (message: string, fields?: LogFields) =>
    void lines.push([level, message, fields])
  const logger: Logger = { info: write('info'), warn: write('warn'), error: write('error') }
  await virtualRun({ ...run, options: { logger, hold: false, ...options } })
  return lines
}

const throwing = (error: unknown) =>
  eachRecord<Order>(async () => {
    throw error
  })

describe('an error that a handler throws', () => {
  it('is a line with its message and stack, the id of the first record and the key of its message', async () => {
    const error = new Error('price is undefined')
    const records = [
      orderRecord('a', { id: 'message-1', receiveCount: 2 }),
      orderRecord('b'),
      orderRecord('c'),
    ]
    const handler = eachRecord<Order>(({ key }) => {
      if (key !== 'c') throw error
      return done()
    })
    expect(await linesOf({ records, handler })).toStrictEqual([
      [
        'error',
        'order: 2 of 3 records to be delivered again: Error',
        { name: 'order', code: 'Error', records: 2, recordId: 'message-1', key: 'a', receiveCount: 2, error },
      ],
    ])
  })

  it('is JSON on the console where no logger is given, with its causes', async () => {
    const printed: string[] = []
    vi.spyOn(console, 'error').mockImplementation((line) => void printed.push(String(line)))
    const error = new Error('no price', { cause: new TypeError('x is not a function') })
    const options = { logger: undefined as never }
    await virtualRun({ records: many(1), handler: throwing(error), options })
    expect(printed.map((line) => JSON.parse(line))).toStrictEqual([
      {
        level: 'error',
        message: 'order: 1 of 1 records to be delivered again: TypeError',
        name: 'order',
        code: 'TypeError',
        records: 1,
        recordId: 'r0',
        key: 'r0',
        receiveCount: 1,
        error: {
          name: 'Error',
          message: 'no price',
          stack: expect.stringContaining('failure-lines.test.ts'),
          cause: { name: 'TypeError', message: 'x is not a function', stack: expect.any(String) },
        },
      },
    ])
  })

  it('of a whole batch is one line', async () => {
    const error = new RangeError('too many')
    const handler = async () => Promise.reject(error)
    const [line, ...others] = await linesOf({ records: many(3), handler })
    expect([line?.[2], others]).toMatchObject([{ code: 'RangeError', records: 3, recordId: 'r0', error }, []])
  })

  it('is a line for each code, in the order of the first records', async () => {
    const errors = [new TypeError('one'), new RangeError('two')]
    const handler = eachRecord<Order>(({ key }) => {
      throw errors[Number(key.slice(1)) % 2]
    })
    const lines = await linesOf({ records: many(5), handler })
    expect(lines.map(([, , fields]) => [fields?.code, fields?.records, fields?.recordId])).toStrictEqual([
      ['TypeError', 3, 'r0'],
      ['RangeError', 2, 'r1'],
    ])
  })

  it('is no reason for a thousand lines where each has a code of its own', async () => {
    const handler = eachRecord<Order>(({ key }) => {
      throw Object.assign(new Error('x'), { code: key })
    })
    const lines = await linesOf({ records: many(1000), handler })
    expect(lines).toHaveLength(21)
    expect(lines.at(-1)).toStrictEqual([
      'warn',
      'order: 980 more codes of this batch have no line',
      { name: 'order' },
    ])
  })
})

describe('the code of an error', () => {
  const withCode = (code: unknown, cause?: unknown) => Object.assign(new Error('x', { cause }), { code })

  it('is under "fetch failed", what the network says', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))
    const error: unknown = await fetch(`http://127.0.0.1:${port}`).catch((thrown) => thrown)
    const [line] = await linesOf({ records: many(1), handler: throwing(error) })
    expect(line).toMatchObject([
      'error',
      expect.stringContaining('ECONNREFUSED'),
      { code: 'ECONNREFUSED', error },
    ])
  })

  it.each<[string, unknown, string]>([
    ['its own', withCode('ER_X'), 'ER_X'],
    ['its own rather than its cause’s', withCode('ER_X', withCode('EPIPE')), 'ER_X'],
    [
      'one of Spillway’s before all',
      withCode('ER_X', new SpillwayError('SPILLWAY_WRITE_FAILED', 'x')),
      'SPILLWAY_WRITE_FAILED',
    ],
    [
      'that of the writer for a database that is gone',
      new SpillwayError('SPILLWAY_DATABASE_UNAVAILABLE', 'x', { cause: withCode('ECONNREFUSED') }),
      'SPILLWAY_DATABASE_UNAVAILABLE',
    ],
    ['that of one of several errors', new AggregateError([withCode('ETIMEDOUT')]), 'ETIMEDOUT'],
    ['its name', new TypeError('x'), 'TypeError'],
    [
      'the name of its cause, where it has none',
      new Error('x', { cause: new RangeError('y') }),
      'RangeError',
    ],
    ['its name where the code is a number', new DOMException('x', 'TimeoutError'), 'TimeoutError'],
    ['just Error', new Error('x'), 'Error'],
    ['just Error for a text that was thrown', 'text', 'Error'],
  ])('is %s', async (_, error, code) => {
    const [line] = await linesOf({ records: many(1), handler: throwing(error) })
    expect(line?.[2]?.code).toBe(code)
  })
})

describe('a record that is returned for something else than an error of its handler', () => {
  const lineOf = async (run: VirtualRun, options?: BatchOptions<Order>) => {
    const lines = await linesOf(run, options)
    expect(lines).toHaveLength(1)
    return lines[0]
  }

  it('by a retry without a cause can be found', async () => {
    expect(await lineOf({ records: many(2), handler: eachRecord<Order>(() => retry()) })).toStrictEqual([
      'warn',
      'order: 2 of 2 records to be delivered again: unknown',
      { name: 'order', code: 'unknown', records: 2, recordId: 'r0', key: 'r0', receiveCount: 1 },
    ])
  })

  it('for want of time can be found', async () => {
    const clock = drivenClock()
    const handler = eachRecord<Order>(async () => {
      await clock.sleep(60_000)
      return done()
    })
    const line = await lineOf({ records: many(2), handler, clock })
    expect(line).toMatchObject([
      'error',
      expect.any(String),
      { code: 'SPILLWAY_DEADLINE', records: 2, key: 'r0' },
    ])
  })

  it('because its copy was not taken says what to do about it, and why', async () => {
    const cause = Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' })
    const error = new SpillwayError('SPILLWAY_PARK_FAILED', 'Allow sqs:SendMessage.', { cause })
    const handler = eachRecord<Order>(() => park({ code: 'X', detail: 'y' }))
    const run = { records: many(1), handler, park: async () => Promise.reject(error) }
    expect(await lineOf(run)).toMatchObject([
      'error',
      expect.any(String),
      { code: 'SPILLWAY_PARK_FAILED', key: 'r0', error },
    ])
  })

  it('behind one that failed is counted in a line of its own, which is no error', async () => {
    const records = ['a', 'b', 'c'].map((id) => orderRecord(id, { lane: 'one' }))
    const lines = await linesOf({ records, handler: throwing(new TypeError('x')) })
    expect(lines.map(([level, , fields]) => [level, fields?.code, fields?.records])).toStrictEqual([
      ['error', 'TypeError', 1],
      ['info', 'SPILLWAY_LANE_STOPPED', 2],
    ])
    expect(lines[1]?.[2]).not.toHaveProperty('error')
  })
})

describe('a record that is parked', () => {
  it('is a line with the reason, the id and the key', async () => {
    const handler = eachRecord<Order>(() => park({ code: '23514', detail: 'The total is negative.' }))
    expect(await linesOf({ records: many(2), handler })).toStrictEqual([
      [
        'warn',
        'order: 2 of 2 records parked: 23514',
        {
          name: 'order',
          code: '23514',
          records: 2,
          recordId: 'r0',
          key: 'r0',
          receiveCount: 1,
          detail: 'The total is negative.',
        },
      ],
    ])
  })

  it.each(['each record', 'a whole batch'])('says what was thrown, where %s knows it', async (shape) => {
    const cause = new TypeError('price is undefined')
    const outcome = park({ code: 'X', detail: 'y' }, { cause })
    const handler =
      shape === 'each record' ? eachRecord<Order>(() => outcome) : async () => [outcome] as readonly Outcome[]
    const [line] = await linesOf({ records: many(1), handler })
    expect(line?.[2]).toMatchObject({ code: 'X', error: cause })
  })

  it('for its body says where it is wrong, and not what is there', async () => {
    const records = [orderRecord('a'), orderRecord('b')].map((record) => ({
      ...record,
      body: record.body.replace(/"body":.*/, '"body":{"id":4711}}'),
    }))
    const [line] = await linesOf({ records, handler: throwing(new Error('never')) })
    expect(line?.[2]).toMatchObject({ code: 'SPILLWAY_BODY_INVALID', key: 'a', issues: [{ path: '/id' }] })
    expect(JSON.stringify(line)).not.toContain('4711')
  })

  it('for holding no message has no key', async () => {
    const records = [orderRecord('a', { body: '{"key":"secret"}' })]
    const [line] = await linesOf({ records, handler: throwing(new Error('never')) })
    expect(line?.[2]).toMatchObject({ code: 'SPILLWAY_ENVELOPE_INVALID', recordId: 'a' })
    expect(JSON.stringify(line)).not.toContain('secret')
  })
})

describe('what others wrote and what throws', () => {
  it('is logged for onError once, with the error that it was asked about as the cause of its records', async () => {
    const error = new TypeError('price is undefined')
    const bug = new RangeError('policy')
    const onError = () => {
      throw bug
    }
    const lines = await linesOf({ records: many(3), handler: throwing(error) }, { onError })
    expect(lines).toMatchObject([
      ['error', 'spillway: `onError` of a batch threw', { error: bug }],
      [
        'error',
        expect.any(String),
        { code: 'SPILLWAY_OUTCOME_INVALID', records: 3, error: { cause: error } },
      ],
    ])
  })

  it('still has a record held whose error says that the database is down', async () => {
    const error = new SpillwayError('SPILLWAY_DATABASE_UNAVAILABLE', 'down')
    const onError = () => {
      throw new Error('policy')
    }
    const { summary, delayed } = await virtualRun({
      records: many(1),
      handler: throwing(error),
      options: { onError },
    })
    expect(summary?.held).toBeGreaterThan(20_000)
    expect(delayed).toStrictEqual({ r0: 23 })
  })

  it('is logged for a source that cannot put records off', async () => {
    const error = new Error('no visibility')
    const run = {
      records: many(2),
      handler: eachRecord<Order>(() => retry()),
      delay: async () => Promise.reject(error),
    }
    expect((await linesOf(run))[0]).toStrictEqual([
      'warn',
      'spillway: the time to the next delivery of records could not be set',
      { records: 2, error },
    ])
  })

  it('is written to the console for a logger, and so are its lines', async () => {
    const printed: string[] = []
    vi.spyOn(console, 'error').mockImplementation(
      (line) => void printed.push(JSON.parse(String(line)).message),
    )
    const no = () => {
      throw new Error('no')
    }
    await virtualRun({
      records: many(1),
      handler: throwing(new TypeError('x')),
      options: { logger: { info: no, warn: no, error: no } },
    })
    expect(printed).toStrictEqual([
      'order: 1 of 1 records to be delivered again: TypeError',
      'spillway: a logger threw',
    ])
  })
})

it('says nothing of a batch in which all is done', async () => {
  expect(await linesOf({ records: many(3), handler: eachRecord<Order>(() => done()) })).toStrictEqual([])
})
