import middy, { type MiddlewareObj } from '@middy/core'
import httpContentNegotiation from '@middy/http-content-negotiation'
import httpErrorHandler from '@middy/http-error-handler'
import httpHeaderNormalizer from '@middy/http-header-normalizer'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import validator from '@middy/validator'
import createError from 'http-errors'
import { describe, expect, it } from 'vitest'
import { HttpError, problemDetails } from './index.ts'
import { memoryLogger, post } from './testing/http.ts'
import { albEvent, httpApiEvent, invoke, testContext } from './testing.ts'

function failing(error: unknown, logger = memoryLogger()) {
  return middy()
    .use(problemDetails({ logger }))
    .handler(() => {
      throw error
    })
}

const instance = 'urn:uuid:8f5c1f2e-9d0b-4a57-8f3b-2f1d6c7e9a01'
const internal = {
  type: 'about:blank',
  title: 'Internal Server Error',
  status: 500,
  code: 'HTTP_500',
  instance,
}

describe('an error', () => {
  it.each([
    ['of http-errors', createError(410, 'Gone for good'), 410, 'HTTP_410', 'Gone for good'],
    [
      'with a code of its own',
      createError(409, 'Taken', { code: 'ORDER_TAKEN' }),
      409,
      'ORDER_TAKEN',
      'Taken',
    ],
    ['that hides its message', createError(403, 'secret', { expose: false }), 403, 'HTTP_403', undefined],
    ['of http-errors that is a 502', createError(502, 'secret'), 502, 'HTTP_502', undefined],
    [
      'with the status of another server',
      Object.assign(new Error('secret'), { statusCode: 404, code: 'SECRET' }),
      404,
      'HTTP_404',
      undefined,
    ],
    [
      'with a status that is none',
      Object.assign(new Error('secret'), { statusCode: 20 }),
      500,
      'HTTP_500',
      undefined,
    ],
    [
      'of the SDK',
      Object.assign(new Error('secret'), { $metadata: { httpStatusCode: 403 } }),
      500,
      'HTTP_500',
      undefined,
    ],
    ['of the language', new TypeError('secret'), 500, 'HTTP_500', undefined],
    ['that is no error', 'secret', 500, 'HTTP_500', undefined],
    ['that is an object', { secret: 1 }, 500, 'HTTP_500', undefined],
  ])('%s is a problem', async (_, error, status, code, detail) => {
    const answer = await invoke(failing(error), post(''))
    expect(answer.status).toBe(status)
    expect(answer.headers['content-type']).toBe('application/problem+json')
    expect(answer.body).toMatchObject({ type: 'about:blank', status, code, instance })
    expect((answer.body as { detail?: string }).detail).toBe(detail)
    expect(JSON.stringify(answer.body)).not.toContain('secret')
  })

  it('that is not known tells nothing, and is logged once, under the same request id', async () => {
    const logger = memoryLogger()
    const error = new Error('connect ECONNREFUSED password=hunter2')
    expect((await invoke(failing(error, logger), post(''))).body).toStrictEqual(internal)
    expect(logger.lines).toStrictEqual([
      [
        'error',
        'spillway: 500 Internal Server Error',
        { status: 500, code: 'HTTP_500', requestId: testContext.awsRequestId, error },
      ],
    ])
  })

  it('of the client is not logged', async () => {
    const logger = memoryLogger()
    await invoke(failing(createError(404), logger), post(''))
    expect(logger.lines).toStrictEqual([])
  })

  it('is a problem even if the logger throws', async () => {
    const broken = () => {
      throw new Error('disk full')
    }
    const handler = middy()
      .use(problemDetails({ logger: { info: broken, warn: broken, error: broken } }))
      .handler(() => {
        throw new Error('x')
      })
    expect((await invoke(handler, post(''))).status).toBe(500)
  })

  it('has no instance where the request has no id', async () => {
    const context = { getRemainingTimeInMillis: () => 3000 }
    const { body } = await invoke(failing(createError(404)), post(''), context)
    expect(body).not.toHaveProperty('instance')
  })

  it('may bring headers and issues', async () => {
    const error = new HttpError(422, 'SPILLWAY_REQUEST_INVALID', 'No.', {
      headers: { 'x-why': 'because' },
      issues: [{ in: 'query', path: '/li~1mit', message: 'Too large' }],
    })
    const answer = await invoke(failing(error), post(''))
    expect(answer.headers['x-why']).toBe('because')
    expect(answer.body).toMatchObject({
      errors: [{ in: 'query', pointer: '#/li~1mit', detail: 'Too large' }],
    })
  })

  it('stays a small answer, whatever a client sends', async () => {
    const issues = Array.from({ length: 5000 }, (_, n) => ({
      path: `/${'\u6c34'.repeat(5000)}/${n}`,
      message: 'm'.repeat(5000),
    }))
    const error = new HttpError(422, 'SPILLWAY_BODY_INVALID', 'No.', { issues })
    const { body } = await invoke(failing(error), post(''))
    expect((body as { errors: unknown[] }).errors.length).toBeGreaterThan(100)
    expect(JSON.stringify(body).length).toBeLessThan(220_000)
  })
})

describe('headers of an error', () => {
  it('go with the answer, where clients may see the error and a header can carry them', async () => {
    const headers = {
      'WWW-Authenticate': 'Bearer',
      'x-bad': 'a\r\nset-cookie: b',
      'content-type': 'text/html',
      'x-number': 7,
    }
    const answer = await invoke(failing(createError(401, { headers } as never)), post(''))
    expect(answer.headers).toStrictEqual({
      'content-type': 'application/problem+json',
      'www-authenticate': 'Bearer',
    })
    const hidden = createError(500, 'x', { headers: { 'x-inside': 'secret' } })
    expect((await invoke(failing(hidden), post(''))).headers).not.toHaveProperty('x-inside')
  })
})

describe('Retry-After', () => {
  it.each([
    ['of Spillway that says', new HttpError(503, 'SPILLWAY_SEND_FAILED', 'No.', { retryAfter: 7 }), '7'],
    ['of Spillway that does not', new HttpError(503, 'SPILLWAY_SEND_FAILED', 'No.'), '1'],
    ['that is a 429', createError(429), '1'],
    ['that is a 503', createError(503), '1'],
    ['that brings the header', createError(429, { headers: { 'Retry-After': '30' } }), '30'],
    ['that brings nonsense', createError(429, { headers: { 'Retry-After': 'soon' } }), '1'],
    ['that is a 422', createError(422), undefined],
    ['that is a 500', new Error('x'), undefined],
  ])('of an error %s', async (_, error, seconds) => {
    expect((await invoke(failing(error), post(''))).headers['retry-after']).toBe(seconds)
  })
})

describe('a middleware of middy', () => {
  it.each([
    [
      'the JSON body parser',
      httpJsonBodyParser(),
      post('{'),
      { status: 400, code: 'SPILLWAY_BODY_MALFORMED', detail: 'The body is not valid JSON.' },
    ],
    [
      'the JSON body parser, of a key for the prototype',
      httpJsonBodyParser(),
      post('{"a":{"constructor":{"prototype":{}}}}'),
      {
        status: 400,
        code: 'SPILLWAY_BODY_MALFORMED',
        detail: 'The body has a forbidden name: constructor.',
      },
    ],
    [
      'the JSON body parser, of a body that is the name of such a key',
      httpJsonBodyParser(),
      post('constructor'),
      { status: 400, code: 'SPILLWAY_BODY_MALFORMED', detail: 'The body is not valid JSON.' },
    ],
    [
      'content negotiation',
      [httpHeaderNormalizer(), httpContentNegotiation({ availableMediaTypes: ['application/json'] })],
      httpApiEvent({ headers: { accept: 'text/csv' } }),
      { status: 406, title: 'Not Acceptable', code: 'HTTP_406' },
    ],
    [
      'the validator',
      validator({
        eventSchema: Object.assign(() => false, {
          errors: [{ instancePath: '/body/id', message: 'must be string', params: {}, data: 'secret' }],
        }) as never,
      }),
      post('{}'),
      {
        status: 400,
        code: 'HTTP_400',
        detail: 'Event object failed validation',
        errors: [{ pointer: '#/body/id', detail: 'must be string' }],
      },
    ],
  ])('that throws is answered: %s', async (_, middleware, event, problem) => {
    const handler = middy()
      .use(problemDetails({ logger: memoryLogger() }))
      .use(middleware as MiddlewareObj)
      .handler(() => undefined)
    const { status, body } = await invoke(handler, event)
    expect(status).toBe(problem.status)
    expect(body).toMatchObject(problem)
    expect(JSON.stringify(body)).not.toContain('secret')
  })

  it('that fails a response is a 500', async () => {
    const responseSchema = Object.assign(() => false, {
      errors: [{ instancePath: '', message: 'secret' }],
    }) as never
    const handler = middy()
      .use(problemDetails({ logger: memoryLogger() }))
      .use(validator({ responseSchema }))
      .handler(() => undefined)
    expect((await invoke(handler, post(''))).body).toStrictEqual(internal)
  })

  it('that answered already keeps its answer', async () => {
    const handler = middy()
      .use(problemDetails())
      .use(httpErrorHandler({ logger: false }))
      .handler(() => {
        throw createError(404, '{"mine":true}')
      })
    expect(await invoke(handler, post(''))).toMatchObject({ status: 404, body: { mine: true } })
  })

  it("that stopped the handler for lack of time gives a 503: middy's own early time-out", async () => {
    const logger = memoryLogger()
    const handler = middy({ timeoutEarlyInMillis: 5 })
      .use(problemDetails({ logger }))
      .handler(() => new Promise(() => undefined))
    const context = { ...testContext, getRemainingTimeInMillis: () => 20 }
    const answer = await invoke(handler, post(''), context)
    expect(answer).toMatchObject({ status: 503, body: { code: 'SPILLWAY_DEADLINE' } })
    expect(answer.headers['retry-after']).toBe('1')
    expect(logger.lines).toHaveLength(1)
  })
})

describe('telemetry', () => {
  it('counts what is refused, by code', async () => {
    const counts: unknown[] = []
    const telemetry = {
      count: (...args: unknown[]) => void counts.push(args),
      duration: () => undefined,
    }
    const handler = middy()
      .use(problemDetails({ telemetry, logger: memoryLogger() }))
      .handler(() => {
        throw createError(404)
      })
    await invoke(handler, post(''))
    expect(counts).toStrictEqual([['spillway.ingest.rejected', 1, { code: 'HTTP_404', status: 404 }]])
  })
})

describe('a load balancer', () => {
  it('gets what it needs', async () => {
    const event = albEvent({ body: {} }, { multiValueHeaders: true })
    const response = await failing(createError(422))(event as never, testContext as never)
    expect(response).toMatchObject({
      statusCode: 422,
      statusDescription: '422 Unprocessable Content',
      isBase64Encoded: false,
      multiValueHeaders: { 'content-type': ['application/problem+json'] },
    })
    const plain = await failing(createError(422))(albEvent({ body: {} }) as never, testContext as never)
    expect(plain).not.toHaveProperty('multiValueHeaders')
  })
})

it('names a typo', () => {
  // @ts-expect-error the option is wrong on purpose
  expect(() => problemDetails({ loger: console })).toThrow(
    'problemDetails has no option `loger`. Its options are logger, telemetry.',
  )
})
