import { Logger } from '@aws-lambda-powertools/logger'
import { SpillwayError } from '@spillway/message'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { powertoolsLogger } from './powertools.ts'
import { leakyErrors, parserError, secret } from './testing/leaky-errors.ts'

let written: string[]
beforeEach(() => {
  written = []
  const write = (text: unknown) => written.push(String(text)) > 0
  // The console of Powertools writes there, including warnings and errors.
  vi.spyOn(process.stdout, 'write').mockImplementation(write)
  vi.spyOn(process.stderr, 'write').mockImplementation(write)
})
afterEach(() => vi.restoreAllMocks())

function read(): Record<string, unknown>[] {
  return written.map((line) => JSON.parse(line))
}

const common = { service: 'shop', sampling_rate: 0, timestamp: expect.any(String) }
const shop = () => new Logger({ serviceName: 'shop', logLevel: 'INFO', sampleRateValue: 0 })

it.each([[undefined], [{}], [console.log]])(
  'rejects %o instead of a logger, because lines would be lost',
  (logger) => {
    expect(() => powertoolsLogger(logger as never)).toThrow(
      'powertoolsLogger takes a logger, which is an object with `info()` and `warn()` and `error()`.',
    )
  },
)

it('writes the message and the fields at the level, with the attributes that the logger appends', () => {
  const logger = shop()
  logger.appendKeys({ request: 'r' })
  const port = powertoolsLogger(logger)
  port.info('sent', { target: 'sqs', count: 3 })
  port.warn('slow')
  port.error('gone', {})
  expect(read()).toStrictEqual([
    { ...common, level: 'INFO', message: 'sent', request: 'r', target: 'sqs', count: 3 },
    { ...common, level: 'WARN', message: 'slow', request: 'r' },
    { ...common, level: 'ERROR', message: 'gone', request: 'r' },
  ])
})

it('respects the level of the logger', () => {
  powertoolsLogger(new Logger({ serviceName: 'shop', logLevel: 'WARN' })).info('sent')
  expect(read()).toStrictEqual([])
})

describe('an error', () => {
  it('is passed to the formatter of the logger, as `error`', () => {
    const cause = new TypeError('worse')
    const error = new SpillwayError('SPILLWAY_SEND_FAILED', 'bad', { cause })
    powertoolsLogger(shop()).error('gone', { error, target: 'sqs' })
    expect(read()).toStrictEqual([
      {
        ...common,
        level: 'ERROR',
        message: 'gone',
        target: 'sqs',
        error: {
          name: 'SpillwayError',
          location: expect.any(String),
          message: 'bad',
          stack: error.stack,
          cause: {
            name: 'TypeError',
            location: expect.any(String),
            message: 'worse',
            stack: cause.stack,
          },
          code: 'SPILLWAY_SEND_FAILED',
        },
      },
    ])
  })

  it.each(leakyErrors)('does not leak the content of %s', (_, error) => {
    powertoolsLogger(shop()).error('gone', { error })
    expect(read()).toMatchObject([{ message: 'gone', error: { name: expect.any(String) } }])
    expect(written.join('')).not.toContain(secret)
  })

  it.each([
    ['a property', leakyErrors[0]?.[1] as Error],
    ['the body that a parser rejected', parserError()],
  ])('would leak without the adaptor: %s', (_, error) => {
    shop().error('gone', { error })
    expect(written.join('')).toContain(secret)
  })
})
