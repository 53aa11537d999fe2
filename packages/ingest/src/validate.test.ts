import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { defineMessage } from '@spillway/message'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  bulkBodyParser,
  type HttpEvent,
  problemDetails,
  type Valid,
  type ValidateOptions,
  validate,
} from './index.ts'
import { memoryLogger, post } from './testing/http.ts'
import {
  albEvent,
  functionUrlEvent,
  httpApiEvent,
  invoke,
  restApiEvent,
  type TestRequest,
} from './testing.ts'

/** Answers with `event.valid`. */
function echo(options: ValidateOptions) {
  return middy()
    .use(problemDetails({ logger: memoryLogger() }))
    .use(httpJsonBodyParser({ disableContentTypeError: true }))
    .use(validate(options as ValidateOptions<undefined>))
    .handler((event: HttpEvent & Valid) => ({
      statusCode: 200,
      headers: {},
      body: JSON.stringify(event.valid),
    }))
}

const events: readonly [string, (request: TestRequest) => HttpEvent][] = [
  ['HTTP API', httpApiEvent],
  ['Function URL', functionUrlEvent],
  ['REST API', restApiEvent],
  ['ALB', (request) => albEvent(request)],
  ['ALB with multi-value headers', (request) => albEvent(request, { multiValueHeaders: true })],
]

describe.each(events)('the event of an %s', (kind, toEvent) => {
  const text = z.record(z.string(), z.union([z.string(), z.array(z.string())]))

  it('has its query decoded, with every value of a name that comes twice', async () => {
    const event = toEvent({ body: {}, query: 'q=na%C3%AFve+caf%C3%A9%26co&empty=&__proto__=x' })
    const { body } = await invoke(echo({ query: text }), event)
    expect(body).toStrictEqual({ query: { q: 'naïve café&co', empty: '' } })
    if (kind === 'ALB') return // It has only the last value.
    const twice = toEvent({ body: {}, query: 'tag=a,b&tag=c' })
    expect((await invoke(echo({ query: text }), twice)).body).toStrictEqual({
      query: { tag: ['a,b', 'c'] },
    })
  })

  it('has no query where there is none', async () => {
    expect((await invoke(echo({ query: z.object({}) }), toEvent({ body: {} }))).body).toStrictEqual({
      query: {},
    })
  })

  it('has its headers by their names in lower case, lines joined', async () => {
    const headers = z.object({ 'x-tenant': z.string(), 'x-tag': z.string(), cookie: z.string() })
    const lines = kind === 'ALB' ? 'a, b' : ['a', 'b']
    const event = toEvent({
      body: {},
      headers: { 'X-Tenant': 't7', 'x-TAG': lines, cookie: 'a=1; b=2', 'content-type': 'application/json' },
    })
    const { body } = await invoke(echo({ headers }), event)
    expect(body).toMatchObject({ headers: { 'x-tenant': 't7', cookie: 'a=1; b=2' } })
    expect((body as { headers: { 'x-tag': string } }).headers['x-tag'].split(/, ?/)).toStrictEqual(['a', 'b'])
  })

  it('has path parameters: those of the gateway, or those of a route', async () => {
    const path = z.object({ id: z.string(), rest: z.string() })
    const route = '/orders/{id}/{rest+}'
    const request = { body: {}, path: '/orders/a%20b/c/d' }
    const parameters = { path: { id: 'a b', rest: 'c/d' } }
    expect((await invoke(echo({ path, route }), toEvent(request))).body).toStrictEqual(parameters)
    if (!kind.endsWith('API')) return
    const found = toEvent({ ...request, pathParameters: { id: 'x', rest: 'y' } })
    expect((await invoke(echo({ path, route }), found)).body).toStrictEqual({ path: { id: 'x', rest: 'y' } })
  })

  it.each(['/orders', '/orders/a', ...(kind === 'HTTP API' ? [] : ['/orders/%E0%A4%A/b']), '/other/a/b'])(
    'has nothing at %s, which is not of the route',
    async (path) => {
      const handler = echo({ path: z.object({ id: z.string() }), route: '/orders/{id}/b' })
      expect(await invoke(handler, toEvent({ body: {}, path }))).toMatchObject({
        status: 404,
        body: { code: 'SPILLWAY_REQUEST_INVALID' },
      })
    },
  )

  it('is a 400 without its body', async () => {
    const headers = { 'content-type': 'application/json' }
    const problem = {
      status: 400,
      body: { code: 'SPILLWAY_BODY_MALFORMED', detail: 'The request has no body.' },
    }
    const schema = z.object({ a: z.int() })
    // An ALB with multi-value headers shows the parser no content type.
    const plain = { ...toEvent({ headers }), headers }
    expect(await invoke(echo({ body: schema }), plain)).toMatchObject(problem)
    // Where the parser takes the request for none of its own.
    expect(await invoke(echo({ body: schema }), { ...toEvent({ headers: {} }) })).toMatchObject(problem)
    const bulk = middy()
      .use(problemDetails())
      .use(bulkBodyParser())
      .use(validate({ bodies: schema }))
      .handler(() => undefined)
    expect(await invoke(bulk, toEvent({ headers }))).toMatchObject(problem)
  })

  it('has the JSON text null for a body, which is not the same', async () => {
    const headers = { 'content-type': 'application/json' }
    const event = { ...toEvent({ body: 'null', headers }), headers }
    expect(await invoke(echo({ body: z.object({}) }), event)).toMatchObject({ status: 422 })
    expect((await invoke(echo({ body: z.null() }), { ...event, body: 'null' })).body).toStrictEqual({
      body: null,
    })
  })

  it('has its body in base64 or not', async () => {
    for (const body of ['{"a":1}', Buffer.from('{"a":1}')]) {
      const headers = { 'content-type': 'application/json' }
      const handler = middy()
        .use(problemDetails())
        .before(({ event }) => {
          // What bodyLimit() does for a load balancer with multi-value headers.
          Object.assign(event as object, { headers })
        })
        .use(httpJsonBodyParser())
        .use(validate({ body: z.object({ a: z.int() }) }))
        .handler((event) => ({ statusCode: 200, headers: {}, body: JSON.stringify(event.valid.body) }))
      expect((await invoke(handler, toEvent({ body }))).body).toStrictEqual({ a: 1 })
    }
  })
})

describe('an invalid request', () => {
  const order = defineMessage({ name: 'order.placed', schema: z.object({ id: z.uuid() }) })

  it('is told all issues of all parts, and where they are', async () => {
    const handler = echo({
      body: order,
      query: z.object({ limit: z.coerce.number().max(10) }),
      path: z.object({ 'a/b': z.uuid() }),
      headers: z.object({ 'x-tenant': z.string() }),
    })
    const event = httpApiEvent({ body: { id: 1 }, query: 'limit=20', pathParameters: { 'a/b': 'x' } })
    expect(await invoke(handler, event)).toMatchObject({
      status: 422,
      body: {
        code: 'SPILLWAY_BODY_INVALID',
        detail: 'The body is not a valid order.placed.',
        errors: [
          { in: 'path', pointer: '#/a~1b', detail: 'Invalid UUID' },
          { in: 'query', pointer: '#/limit', detail: 'Too big: expected number to be <=10' },
          {
            in: 'headers',
            pointer: '#/x-tenant',
            detail: 'Invalid input: expected string, received undefined',
          },
          { pointer: '#/id', detail: 'Invalid input: expected string, received number' },
        ],
      },
    })
  })

  it('without a body to blame has a code of its own', async () => {
    const answer = await invoke(echo({ query: z.object({ limit: z.string() }) }), post({}))
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'SPILLWAY_REQUEST_INVALID', detail: 'The request is not valid.' },
    })
  })

  it('is not told its own values, whatever the validator writes', async () => {
    const schema = v.object({ password: v.number() })
    const answer = await invoke(echo({ body: schema }), post({ password: 'hunter2' }))
    expect(answer.body).toMatchObject({
      errors: [{ pointer: '#/password', detail: 'Invalid type: Expected number but received [redacted]' }],
    })
    expect(JSON.stringify(answer)).not.toContain('hunter2')
  })
})

describe('text that cannot be stored', () => {
  const note = z.object({ note: z.string(), tags: z.array(z.string()).optional() })

  it.each([
    [{ note: 'a\0b' }, '#/note', 'The text holds U+0000 (NUL), which a database cannot store'],
    [
      { note: '', tags: ['ok', '\uD800'] },
      '#/tags/1',
      'The text holds a lone surrogate, which UTF-8 cannot encode',
    ],
    [{ note: '\uFFFE' }, '#/note', 'The text holds U+FFFE, which a queue cannot hold'],
    [{ note: '\uFFFF' }, '#/note', 'The text holds U+FFFF, which a queue cannot hold'],
  ])('is a 422: %j', async (body, pointer, detail) => {
    expect(await invoke(echo({ body: note }), post(body))).toMatchObject({
      status: 422,
      body: { code: 'SPILLWAY_TEXT_UNSTORABLE', errors: [{ pointer, detail }] },
    })
  })

  it('is a 422 in a name that the schema keeps; one that it drops does not travel', async () => {
    const body = { note: '', 'x\0': '\0' }
    expect(await invoke(echo({ body: z.looseObject({}) }), post(body))).toMatchObject({
      status: 422,
      body: {
        code: 'SPILLWAY_TEXT_UNSTORABLE',
        errors: [{ pointer: '#/x%00', detail: 'The name holds U+0000 (NUL), which a database cannot store' }],
      },
    })
    expect((await invoke(echo({ body: note }), post(body))).body).toStrictEqual({ body: { note: '' } })
  })

  it('is let through where the option says so', async () => {
    const answer = await invoke(echo({ body: note, unstorable: 'allow' }), post({ note: 'a\0b' }))
    expect(answer).toMatchObject({ status: 200, body: { body: { note: 'a\0b' } } })
  })
})

describe('path parameters', () => {
  const path = z.object({ id: z.string() })
  const sent = ['ada%40example.com', 'a%2Fb', '100%25', 'a+b', 'na%C3%AFve', 'a%2540', 'plain', 'a~b']
  const decoded = ['ada@example.com', 'a/b', '100%', 'a+b', 'naïve', 'a%40', 'plain', 'a~b']

  /** What each front door makes of a path `/orders/…`. */
  const kinds: readonly [string, (text: string) => HttpEvent][] = [
    ['HTTP API', (id) => httpApiEvent({ body: {}, pathParameters: { id: decodeURIComponent(id) } })],
    [
      'HTTP API, payload 1.0',
      (id) => {
        const pathParameters = { id: decodeURIComponent(id) }
        return { version: '1.0', ...restApiEvent({ body: {}, pathParameters }) }
      },
    ],
    ['REST API', (id) => restApiEvent({ body: {}, path: `/orders/${id}`, pathParameters: { id } })],
    ['REST API, by a route', (id) => restApiEvent({ body: {}, path: `/orders/${id}` })],
    ['Function URL', (id) => functionUrlEvent({ body: {}, path: `/orders/${id}` })],
    ['ALB', (id) => albEvent({ body: {}, path: `/orders/${id}` })],
  ]

  it.each(kinds)('are decoded, once: %s', async (_, toEvent) => {
    const ids: unknown[] = []
    for (const id of sent) {
      const { body } = await invoke(echo({ path, route: '/orders/{id}' }), toEvent(id))
      ids.push((body as { path: { id: string } }).path.id)
    }
    expect(ids).toStrictEqual(decoded)
  })

  it.each([
    ['REST API', restApiEvent({ body: {}, path: '/orders/%zz', pathParameters: { id: '%zz' } })],
    ['Function URL', functionUrlEvent({ body: {}, path: '/orders/%zz' })],
    ['ALB', albEvent({ body: {}, path: '/orders/%zz' })],
  ])('that are not well-formed are of no path: %s', async (_, event) => {
    expect(await invoke(echo({ path, route: '/orders/{id}' }), event)).toMatchObject({
      status: 404,
      body: { code: 'SPILLWAY_REQUEST_INVALID' },
    })
  })

  it('of an HTTP API with payload 1.0 and a stage are those of a route, not decoded again', async () => {
    const event = { version: '1.0', ...restApiEvent({ body: {}, path: '/prod/orders/100%25' }) }
    const staged = { ...event, requestContext: { ...event.requestContext, stage: 'prod' } }
    const { body } = await invoke(echo({ path, route: '/orders/{id}' }), staged)
    expect(body).toStrictEqual({ path: { id: '100%25' } })
  })
})

describe('the path of an HTTP API', () => {
  const path = z.object({ id: z.string() })
  const route = '/orders/{id}'

  it('came decoded, and is not decoded again', async () => {
    const event = httpApiEvent({ body: {}, path: '/orders/100%25%2525' })
    expect((await invoke(echo({ path, route }), event)).body).toStrictEqual({ path: { id: '100%%25' } })
  })

  it('has its stage before it', async () => {
    const event = httpApiEvent({ body: {}, path: '/prod/orders/7' })
    const staged = { ...event, requestContext: { ...event.requestContext, stage: 'prod' } }
    expect((await invoke(echo({ path, route }), staged)).body).toStrictEqual({ path: { id: '7' } })
  })
})

describe('a part with text that cannot be stored', () => {
  it.each([
    ['path', functionUrlEvent({ body: {}, path: '/orders/a%00' })],
    ['query', httpApiEvent({ body: {}, path: '/orders/a', query: 'q=%EF%BF%BF' })],
    ['headers', httpApiEvent({ body: {}, path: '/orders/a', headers: { 'x-t': '\uFFFE' } })],
  ] as const)('is a 422: %s', async (part, event) => {
    const options = {
      path: z.object({ id: z.string() }),
      query: z.object({ q: z.string().optional() }),
      headers: z.object({ 'x-t': z.string().optional() }),
      route: '/orders/{id}',
    }
    expect(await invoke(echo(options), { ...event })).toMatchObject({
      status: 422,
      body: { errors: [{ in: part, detail: expect.stringMatching(/^The text holds/) }] },
    })
    expect((await invoke(echo({ ...options, unstorable: 'allow' }), event)).status).toBe(200)
  })
})

it.each([
  ['body', 'The body is not valid. It is a string that holds JSON: encoded twice, or not parsed.'],
  ['bodies', 'Send a JSON array of items. It is a string that holds JSON: encoded twice, or not parsed.'],
])('says of a %s in a text that it is one: a body parser may be missing', async (part, detail) => {
  const handler = middy()
    .use(problemDetails())
    .use(validate({ [part]: z.object({ id: z.string() }) }))
    .handler(() => ({ statusCode: 200 }))
  const body = part === 'body' ? ' {"id":"a"}' : '[{"id":"a"}]'
  expect(await invoke(handler, httpApiEvent({ body }))).toMatchObject({ status: 422, body: { detail } })
})

it('may be used twice: the second adds to the first', async () => {
  const handler = middy()
    .use(httpJsonBodyParser())
    .use(validate({ body: z.object({ a: z.int() }) }))
    .use(validate({ query: z.object({ q: z.string() }) }))
    .handler(({ valid }) => ({ statusCode: 200, headers: {}, body: JSON.stringify(valid) }))
  const event = httpApiEvent({ body: { a: 1 }, query: 'q=x' })
  expect((await invoke(handler, event)).body).toStrictEqual({ body: { a: 1 }, query: { q: 'x' } })
})

it('takes a header that comes in two cases for two lines of it', async () => {
  const event = restApiEvent({
    body: {},
    headers: { 'X-Tag': 'a', 'x-tag': 'b', 'content-type': 'application/json' },
  })
  const { body } = await invoke(echo({ headers: z.object({ 'x-tag': z.string() }) }), event)
  expect(body).toStrictEqual({ headers: { 'x-tag': 'a, b' } })
})

it('takes what is null for what is missing', async () => {
  const event: HttpEvent = {
    version: '2.0',
    headers: null,
    multiValueHeaders: null,
    cookies: null,
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    requestContext: null,
    body: '{}',
  }
  const handler = middy()
    .use(validate({ query: z.object({}), path: z.object({}), headers: z.object({}) }))
    .handler(({ valid }) => ({ statusCode: 200, headers: {}, body: JSON.stringify(valid) }))
  expect((await invoke(handler, event)).body).toStrictEqual({ query: {}, path: {}, headers: {} })
})

describe('options', () => {
  it.each([
    [{}, 'validate: name at least one part: `body`, `bodies`, `query`, `path` or `headers`.'],
    [
      { body: z.string(), bodies: z.string() },
      'validate: a body is either one message (`body`) or many (`bodies`), not both.',
    ],
    [
      { bdy: z.string() },
      'validate has no option `bdy`. Its options are body, bodies, maxItems, query, path, headers, route, unstorable.',
    ],
    [{ body: {} }, 'validate: the option `body` must be a message of defineMessage() or a Standard Schema'],
    [{ query: { name: 'x', schema: z.string() } }, 'validate: the option `query` must be a Standard Schema'],
    [{ path: z.string(), route: 'orders/{id}' }, 'validate: the option `route` must be a route'],
    [{ path: z.string(), route: '/orders/{id}/{id}' }, 'validate: the option `route` must be a route'],
    [{ path: z.string(), route: '/orders/a{id}' }, 'validate: the option `route` must be a route'],
    [{ path: z.string(), route: '/{a+}/{b+}' }, 'validate: the option `route` must be a route'],
    [{ path: z.string(), route: '/{a+}/b' }, 'validate: the option `route` must be a route'],
    [{ path: z.string(), route: '/orders/:id' }, 'validate: the option `route` must be a route'],
    [{ body: z.string(), route: '/orders/{id}' }, 'validate: `route` is for `path`, which is missing.'],
    [{ body: z.string(), maxItems: 1 }, 'validate: `maxItems` is for `bodies`, which is missing.'],
    [{ body: z.string(), unstorable: 'ignore' }, "validate: the option `unstorable` must be one of 'reject'"],
  ])('%o are refused', (options, message) => {
    expect(() => validate(options as ValidateOptions<undefined>)).toThrow(message)
  })
})
