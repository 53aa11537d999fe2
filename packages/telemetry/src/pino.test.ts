import { SpillwayError } from '@spillway/message'
import pino, { type LoggerOptions } from 'pino'
import { describe, expect, it } from 'vitest'
import { pinoLogger } from './pino.ts'
import { leakyErrors, parserError, secret } from './testing/leaky-errors.ts'

function pinoOf(options: LoggerOptions = {}) {
  const lines: string[] = []
  const logger = pino(
    { base: { app: 'shop' }, timestamp: false, ...options },
    { write: (l) => lines.push(l) },
  )
  return { logger, read: () => lines.map((line) => JSON.parse(line)) }
}

it.each([[undefined], [{}], [console.log]])(
  'rejects %o instead of a logger, because lines would be lost',
  (logger) => {
    expect(() => pinoLogger(logger as never)).toThrow(
      'pinoLogger takes a logger, which is an object with `info()` and `warn()` and `error()`.',
    )
  },
)

it('writes the message and the fields at the level', () => {
  const { logger, read } = pinoOf({ level: 'info' })
  const port = pinoLogger(logger.child({ request: 'r' }))
  port.info('sent', { target: 'sqs', count: 3 })
  port.warn('slow: %s', { ms: 2 })
  port.error('gone')
  expect(read()).toStrictEqual([
    { level: 30, app: 'shop', request: 'r', target: 'sqs', count: 3, msg: 'sent' },
    { level: 40, app: 'shop', request: 'r', ms: 2, msg: 'slow: %s' },
    { level: 50, app: 'shop', request: 'r', msg: 'gone' },
  ])
})

it('respects the level of the logger', () => {
  const { logger, read } = pinoOf({ level: 'warn' })
  pinoLogger(logger).info('sent')
  expect(read()).toStrictEqual([])
})

describe('an error', () => {
  it('is passed to the serializer of pino, as `err`', () => {
    const { logger, read } = pinoOf()
    const cause = new TypeError('worse')
    const error = new SpillwayError('SPILLWAY_SEND_FAILED', 'bad', { cause })
    pinoLogger(logger).error('gone', { error, target: 'sqs' })
    expect(read()).toStrictEqual([
      {
        level: 50,
        app: 'shop',
        target: 'sqs',
        err: {
          type: 'SpillwayError',
          message: 'bad: worse',
          stack: `${error.stack}\ncaused by: ${cause.stack}`,
          code: 'SPILLWAY_SEND_FAILED',
        },
        msg: 'gone',
      },
    ])
  })

  it('is passed to a custom serializer as an Error', () => {
    const err = (value: unknown) => value instanceof Error && `${value.name}: ${value.message}`
    const { logger, read } = pinoOf({ serializers: { err } })
    pinoLogger(logger).error('gone', { error: new RangeError('bad') })
    expect(read()).toMatchObject([{ err: 'RangeError: bad' }])
  })

  it.each(leakyErrors)('does not leak the content of %s', (_, error) => {
    const { logger, read } = pinoOf()
    pinoLogger(logger).error('gone', { error })
    expect(read()).toMatchObject([{ msg: 'gone', err: { type: expect.stringMatching(/Error$/) } }])
    expect(JSON.stringify(read())).not.toContain(secret)
  })

  it.each([
    ['a property', leakyErrors[0]?.[1]],
    ['the body that a parser rejected', parserError()],
  ])('would leak without the adaptor: %s', (_, err) => {
    const { logger, read } = pinoOf()
    logger.error({ err }, 'gone')
    expect(JSON.stringify(read())).toContain(secret)
  })
})
