import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { isUnavailable, park, retry, SpillwayError } from './index.ts'
import { isUnavailableOutcome } from './internal.ts'

const withCode = (code: string, more: object = {}) => Object.assign(new Error('x'), { code, ...more })
const named = (name: string, more: object = {}) => Object.assign(new Error('x'), { name, ...more })
const down = () => new SpillwayError('SPILLWAY_DATABASE_UNAVAILABLE', 'x')

/** A port where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('isUnavailable', () => {
  it.each([
    ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'],
    ...[
      'UND_ERR_CONNECT_TIMEOUT',
      'UND_ERR_SOCKET',
      'UND_ERR_HEADERS_TIMEOUT',
      'SPILLWAY_DATABASE_UNAVAILABLE',
    ],
  ])('says yes to the code %s, also beneath others', (code) => {
    const error = withCode(code)
    expect(isUnavailable(error)).toBe(true)
    expect(isUnavailable({ code })).toBe(true)
    expect(isUnavailable(new TypeError('fetch failed', { cause: error }))).toBe(true)
    expect(isUnavailable(new Error('x', { cause: new AggregateError([withCode('EOTHER'), error]) }))).toBe(
      true,
    )
  })

  it.each<[string, unknown]>([
    ['a throttled request', named('ThrottlingException')],
    ['one that the SDK calls throttled', named('Slow', { $retryable: { throttling: true } })],
    ['503 of the SDK', named('ServiceUnavailable', { $metadata: { httpStatusCode: 503 } })],
    ['429 of a client of HTTP', Object.assign(new Error('x'), { status: 429 })],
    ['504 of another', Object.assign(new Error('x'), { statusCode: 504 })],
    ['a call that took too long', new DOMException('x', 'TimeoutError')],
  ])('says yes to %s', (_, error) => {
    expect(isUnavailable(error)).toBe(true)
  })

  it.each<[string, unknown]>([
    ['an error of the code', new TypeError('price is undefined')],
    [
      'an answer that refuses',
      Object.assign(new Error('x'), { statusCode: 422, $metadata: { httpStatusCode: 400 } }),
    ],
    ['a missing permission', named('AccessDeniedException', { $fault: 'client' })],
    ['an abort', new DOMException('x', 'AbortError')],
    ['another code of Spillway', new SpillwayError('SPILLWAY_WRITE_FAILED', 'x')],
    ['a code that is no text', withCode(23 as never)],
    ...[undefined, null, 'ECONNREFUSED', 503, {}].map((thrown): [string, unknown] => [`${thrown}`, thrown]),
  ])('says no to %s', (_, error) => {
    expect(isUnavailable(error)).toBe(false)
  })

  it('knows what fetch throws where nobody listens, and for a host that does not exist', async () => {
    const port = await closedPort()
    const refused: unknown = await fetch(`http://127.0.0.1:${port}`).catch((error) => error)
    expect((refused as { code?: unknown }).code).toBeUndefined()
    expect(isUnavailable(refused)).toBe(true)
    expect(isUnavailable(await fetch('http://nowhere.invalid').catch((error) => error))).toBe(true)
    expect(isUnavailable(await fetch('no url').catch((error) => error))).toBe(false)
  })

  it('comes to an end for errors that are each other’s cause, for very many, and for a getter that throws', () => {
    const one = new Error('one')
    one.cause = new AggregateError([one, new Error('two', { cause: one })])
    expect(isUnavailable(one)).toBe(false)
    let deep: Error = new Error('x')
    for (let depth = 0; depth < 10_000; depth++) deep = new Error('x', { cause: deep })
    expect(isUnavailable(deep)).toBe(false)
    const broken = Object.defineProperty(withCode('EPIPE'), 'cause', {
      get() {
        throw new Error('no')
      },
    })
    expect(isUnavailable(new Error('x', { cause: broken }))).toBe(true)
  })
})

describe('an outcome', () => {
  it('says so itself, or by a cause with the code of Spillway’s writers, however deep', () => {
    expect(isUnavailableOutcome(retry({ unavailable: true }))).toBe(true)
    expect(isUnavailableOutcome(retry({ cause: down() }))).toBe(true)
    expect(isUnavailableOutcome(retry({ cause: { code: 'SPILLWAY_DATABASE_UNAVAILABLE' } }))).toBe(true)
    expect(
      isUnavailableOutcome(retry({ cause: new Error('x', { cause: new AggregateError([down()]) }) })),
    ).toBe(true)
    expect(isUnavailableOutcome(retry({ cause: down(), unavailable: false }))).toBe(false)
  })

  it('does not for an error of the network: one record may name a host that does not exist', () => {
    expect(isUnavailableOutcome(retry({ cause: withCode('ENOTFOUND') }))).toBe(false)
    expect(isUnavailableOutcome(retry())).toBe(false)
    expect(isUnavailableOutcome(park({ code: 'SPILLWAY_DATABASE_UNAVAILABLE', detail: 'x' }))).toBe(false)
  })
})
