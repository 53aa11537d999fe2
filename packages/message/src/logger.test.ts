import { afterEach, expect, it, vi } from 'vitest'
import { consoleLogger, type LogFields, SpillwayError } from './index.ts'
import { quietLogger } from './internal.ts'

afterEach(() => vi.restoreAllMocks())

/** The lines that `log` writes to the console, with the method that each came through. */
function linesOf(log: () => void): string[] {
  const lines: string[] = []
  for (const method of ['info', 'warn', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((line) => void lines.push(`${method} ${line}`))
  }
  log()
  return lines
}

function warn(fields: LogFields): unknown {
  const [line = ''] = linesOf(() => consoleLogger.warn('a line', fields))
  return JSON.parse(line.replace(/^warn /, ''))
}

it('writes a line of JSON through the method of its level', () => {
  const lines = linesOf(() => {
    consoleLogger.info('sent', { target: 'sqs', count: 3 })
    consoleLogger.warn('slow')
    consoleLogger.error('gone', { error: undefined })
  })
  expect(lines).toStrictEqual([
    'info {"level":"info","message":"sent","target":"sqs","count":3}',
    'warn {"level":"warn","message":"slow"}',
    'error {"level":"error","message":"gone"}',
  ])
})

it('shows of an error what describes it, and none of its other properties', () => {
  const cause = Object.assign(new TypeError('bad'), { data: 'secret', code: 42 })
  const error = new SpillwayError('SPILLWAY_SEND_FAILED', 'not sent', { cause })
  Object.assign(error, { body: 'secret' })
  const line = warn({ error })
  expect(line).toStrictEqual({
    level: 'warn',
    message: 'a line',
    error: {
      name: 'SpillwayError',
      message: 'not sent',
      code: 'SPILLWAY_SEND_FAILED',
      stack: error.stack,
      cause: { name: 'TypeError', message: 'bad', stack: cause.stack },
    },
  })
  expect(JSON.stringify(line)).not.toContain('secret')
})

it('describes an error in any other field as well', () => {
  const error = Object.assign(new Error('bad'), { data: 'secret' })
  const described = { name: 'Error', message: 'bad', stack: error.stack }
  expect(warn({ attempts: [error], last: error })).toMatchObject({ attempts: [described], last: described })
})

it('leaves out a cause that is not an error, and says no more than the type of such a thing', () => {
  const error = new Error('bad', { cause: { data: 'secret' } })
  expect(warn({ error })).toMatchObject({ error: { message: 'bad' } })
  expect(JSON.stringify(warn({ error }))).not.toContain('secret')
  expect(warn({ error: 'secret' })).toMatchObject({ error: { message: 'not an Error: string' } })
})

it('follows causes to a depth of five, so that a circle of them ends', () => {
  const error = new Error('round')
  error.cause = error
  const text = JSON.stringify(warn({ error }))
  expect(text.match(/"message":"round"/g)).toHaveLength(5)
})

it('writes what JSON cannot hold', () => {
  const shared = { here: 'twice' }
  const circle: Record<string, unknown> = { shared, again: shared }
  circle.self = circle
  circle.list = [circle]
  expect(warn({ offset: 12345678901234567890n, circle })).toStrictEqual({
    level: 'warn',
    message: 'a line',
    offset: '12345678901234567890',
    circle: {
      shared: { here: 'twice' },
      again: { here: 'twice' },
      self: '[circular]',
      list: ['[circular]'],
    },
  })
})

it.each([
  [
    'a getter',
    {
      get broken() {
        throw new Error('secret')
      },
    },
  ],
  [
    'toJSON',
    {
      broken: {
        toJSON() {
          throw new Error('secret')
        },
      },
    },
  ],
])('keeps the line where %s of a field throws', (_, fields) => {
  expect(warn(fields)).toStrictEqual({ level: 'warn', message: 'a line', fields: 'could not be written' })
  // The error is what the line is for.
  const withError = Object.defineProperties(
    { error: new TypeError('price is undefined') },
    Object.getOwnPropertyDescriptors(fields),
  )
  expect(warn(withError)).toMatchObject({
    error: { name: 'TypeError', message: 'price is undefined' },
    fields: 'could not be written',
  })
})

it('keeps its own level and message whatever the fields are called', () => {
  expect(warn({ level: 'info', message: 'order.placed', kept: 1 })).toStrictEqual({
    level: 'warn',
    message: 'a line',
    kept: 1,
  })
})

it('writes the lines of a logger that throws to the console, and keeps its `this`', () => {
  class Adaptor {
    lines: string[] = []
    info(message: string) {
      this.lines.push(message)
    }
    warn(message: string) {
      this.lines.push(message)
      throw new Error('broken')
    }
    error() {
      throw new Error('broken')
    }
  }
  const adaptor = new Adaptor()
  const printed = linesOf(() => {
    const logger = quietLogger(adaptor)
    logger.info('one')
    logger.warn('two', { key: 'a' })
    logger.error('three')
  })
  expect(adaptor.lines).toStrictEqual(['one', 'two'])
  expect(printed.map((line) => line.replace(/,"error":.*/, ''))).toStrictEqual([
    'warn {"level":"warn","message":"two","key":"a"}',
    'error {"level":"error","message":"spillway: a logger threw"',
    'error {"level":"error","message":"three"}',
    'error {"level":"error","message":"spillway: a logger threw"',
  ])
})

it('a logger that is asynchronous and rejects does no harm', async () => {
  const printed = vi.spyOn(console, 'error').mockReturnValue()
  const rejecting = async () => Promise.reject(new Error('broken'))
  quietLogger({ info: rejecting, warn: rejecting, error: rejecting }).error('one')
  // A rejection that nobody handles is reported now, and fails the run.
  await new Promise(setImmediate)
  expect(printed.mock.calls.map(([line]) => JSON.parse(String(line)).message)).toStrictEqual([
    'one',
    'spillway: a logger threw',
  ])
})

it('does no harm where the console throws, too', () => {
  vi.spyOn(console, 'error').mockImplementation(() => {
    throw new Error('closed')
  })
  expect(quietLogger(consoleLogger).error('one')).toBeUndefined()
})

it('says of a host whose addresses all failed what the first of them did', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED ::1:5432'), { code: 'ECONNREFUSED' })
  const error = new TypeError('fetch failed', { cause: new AggregateError([refused, new Error('other')]) })
  expect(warn({ error })).toMatchObject({
    error: {
      message: 'fetch failed',
      cause: { message: '', cause: { message: refused.message, code: refused.code } },
    },
  })
})

it('says of promises that all failed what the first of them did', () => {
  const error = new AggregateError([new TypeError('price is undefined')], 'All promises were rejected')
  expect(warn({ error })).toMatchObject({
    error: {
      message: 'All promises were rejected',
      cause: { name: 'TypeError', message: 'price is undefined' },
    },
  })
})
