import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { defineMessage, type Logger, type SendResult, type Target, type TimeLimit } from '@spillway/message'
import { memoryTarget } from '@spillway/message/testing'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { bodyLimit, enqueue, problemDetails, validate } from './index.ts'
import { memoryLogger, post } from './testing/http.ts'
import { invoke, testContext } from './testing.ts'

const order = defineMessage({
  name: 'order.placed',
  schema: z.object({ id: z.uuid(), items: z.array(z.object({ 'a/b': z.int().positive() })).min(1) }),
  key: (body) => body.id,
})
const id = '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10'
const valid = { id, items: [{ 'a/b': 1 }] }
const instance = 'urn:uuid:8f5c1f2e-9d0b-4a57-8f3b-2f1d6c7e9a01'
const clock = { now: () => 1_767_323_045_678, sleep: async () => undefined }

function api(to: Target, logger: Logger = memoryLogger()) {
  return middy()
    .use(problemDetails({ logger }))
    .use(bodyLimit({ maxBytes: 1000 }))
    .use(httpJsonBodyParser())
    .use(validate({ body: order }))
    .use(enqueue(order, { to, clock }))
    .handler((event) => event.valid.body)
}

describe('a valid request', () => {
  it('is answered with 202 and is in the queue', async () => {
    const to = memoryTarget()
    const response = await invoke(api(to), post(valid))
    expect(response).toMatchObject({
      status: 202,
      headers: { 'content-type': 'application/json' },
      body: { id, status: 'accepted' },
    })
    expect(to.sent).toStrictEqual([
      {
        key: id,
        group: undefined,
        body: `{"spillway":1,"name":"order.placed","version":1,"key":"${id}","time":"2026-01-02T03:04:05.678Z","body":{"id":"${id}","items":[{"a/b":1}]}}`,
      },
    ])
  })

  it('may be base64', async () => {
    const to = memoryTarget()
    const body = Buffer.from(JSON.stringify(valid)).toString('base64')
    expect((await invoke(api(to), post(body, { isBase64Encoded: true }))).status).toBe(202)
  })

  it('hands its trace on, if it is one', async () => {
    const to = memoryTarget()
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const headers = { 'content-type': 'application/json' }
    await invoke(api(to), post(valid, { headers: { ...headers, Traceparent: traceparent } }))
    await invoke(api(to), post(valid, { headers: { ...headers, traceparent: 'x"; drop' } }))
    expect(to.sent.map(({ body }) => JSON.parse(body).traceparent)).toStrictEqual([traceparent, undefined])
  })

  it('travels as it came: the other side has the schema, too', async () => {
    const to = memoryTarget()
    const price = defineMessage({
      name: 'price.changed',
      schema: z.object({ euros: z.number().transform((euros) => `cents-${euros * 100}`) }),
      key: (body) => body.euros,
    })
    const handler = middy()
      .use(problemDetails())
      .use(httpJsonBodyParser())
      .use(validate({ body: price }))
      .use(enqueue(price, { to, clock }))
      .handler((event) => event.valid.body)
    expect(await invoke(handler, post({ euros: 5 }))).toMatchObject({
      status: 202,
      body: { id: 'cents-500' },
    })
    expect(JSON.parse(to.sent[0]?.body ?? '')).toMatchObject({ key: 'cents-500', body: { euros: 5 } })
  })
})

describe('a request that is refused', () => {
  it.each([
    [
      'malformed JSON',
      post('{"id":'),
      {
        status: 400,
        title: 'Bad Request',
        code: 'SPILLWAY_BODY_MALFORMED',
        detail: 'The body is not valid JSON.',
      },
    ],
    [
      'no body',
      post('', { body: undefined } as never),
      {
        status: 400,
        title: 'Bad Request',
        code: 'SPILLWAY_BODY_MALFORMED',
        detail: 'The request has no body.',
      },
    ],
    [
      'a key that would reach the prototype',
      post('{"__proto__":{"id":1}}'),
      {
        status: 400,
        title: 'Bad Request',
        code: 'SPILLWAY_BODY_MALFORMED',
        detail: 'The body has a forbidden name: __proto__.',
      },
    ],
    [
      'another content type',
      post(valid, { headers: { 'content-type': 'text/plain' } }),
      {
        status: 415,
        title: 'Unsupported Media Type',
        code: 'SPILLWAY_MEDIA_TYPE_UNSUPPORTED',
        detail: 'Send the body as application/json.',
      },
    ],
    [
      'a body that is too large',
      post({ ...valid, note: 'x'.repeat(1000) }),
      {
        status: 413,
        title: 'Content Too Large',
        code: 'SPILLWAY_BODY_TOO_LARGE',
        detail: 'The body is larger than 1000 bytes.',
      },
    ],
    [
      'an invalid body',
      post({ id: 'x', items: [{ 'a/b': 0 }] }),
      {
        status: 422,
        title: 'Unprocessable Content',
        code: 'SPILLWAY_BODY_INVALID',
        detail: 'The body is not a valid order.placed.',
        errors: [
          { pointer: '#/id', detail: 'Invalid UUID' },
          { pointer: '#/items/0/a~1b', detail: 'Too small: expected number to be >0' },
        ],
      },
    ],
    [
      'JSON that is no object',
      post('null'),
      {
        status: 422,
        title: 'Unprocessable Content',
        code: 'SPILLWAY_BODY_INVALID',
        detail: 'The body is not a valid order.placed.',
        errors: [{ pointer: '#', detail: 'Invalid input: expected object, received null' }],
      },
    ],
  ])('for %s gets a problem, and nothing is sent', async (_, event, problem) => {
    const to = memoryTarget()
    const response = await invoke(api(to), event)
    expect(response).toMatchObject({
      status: problem.status,
      headers: { 'content-type': 'application/problem+json' },
    })
    expect(response.body).toStrictEqual({ type: 'about:blank', instance, ...problem })
    expect(to.sent).toStrictEqual([])
  })
})

describe('a message that is not confirmed', () => {
  it.each<[string, SendResult]>([
    ['retryable', { status: 'rejected', code: 'RequestThrottled', detail: 'throttled', retryable: true }],
    ['refused', { status: 'rejected', code: 'AccessDenied', detail: 'denied', retryable: false }],
  ])('because it is %s is never a 202', async (_, result) => {
    const logger = memoryLogger()
    const response = await invoke(api(memoryTarget(result), logger), post(valid))
    expect(response.body).toStrictEqual({
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      detail: 'The message was not accepted. Try again with the same key.',
      code: 'SPILLWAY_SEND_FAILED',
      instance,
    })
    // What somebody has to mend first takes longer.
    expect(response.headers['retry-after']).toBe(
      result.status === 'rejected' && result.retryable ? '1' : '60',
    )
    expect(logger.lines).toMatchObject([
      ['error', 'spillway: 503 Service Unavailable', { status: 503, code: 'SPILLWAY_SEND_FAILED' }],
    ])
  })

  it.each([[[]], [undefined], [null], [new Set([{ status: 'accepted' }])], [{ 0: { status: 'accepted' } }]])(
    'because the target answers %o is never a 202',
    async (results) => {
      const silent = { send: async () => results } as unknown as Target
      expect((await invoke(api(silent), post(valid))).status).toBe(503)
    },
  )

  it('has what the target says of the cause in the log', async () => {
    const cause = new Error('Region is missing')
    const logger = memoryLogger()
    const result: SendResult = { status: 'rejected', code: 'Error', detail: 'no', retryable: true, cause }
    const response = await invoke(api(memoryTarget(result), logger), post(valid))
    expect(JSON.stringify(response)).not.toContain('Region')
    expect(logger.lines).toMatchObject([['error', expect.anything(), { error: { cause: { cause } } }]])
  })

  it('because the queue can never hold it is a 413', async () => {
    const result = {
      status: 'rejected',
      code: 'SPILLWAY_BODY_TOO_LARGE',
      detail: 'big',
      retryable: false,
    } as const
    expect((await invoke(api(memoryTarget(result)), post(valid))).status).toBe(413)
  })

  it('because the target throws is a 503, and the log has the cause', async () => {
    const cause = new Error('secret')
    const broken: Target = {
      send: async () => {
        throw cause
      },
    }
    const logger = memoryLogger()
    const response = await invoke(api(broken, logger), post(valid))
    expect(response).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    expect(JSON.stringify(response)).not.toContain('secret')
    expect(logger.lines).toMatchObject([['error', 'spillway: 503 Service Unavailable', { error: { cause } }]])
  })

  it('because the target hangs is a 503 while there is time to say so', async () => {
    const hanging: Target = { send: () => new Promise(() => undefined) }
    const context = { ...testContext, getRemainingTimeInMillis: () => 150 }
    expect((await invoke(api(hanging), post(valid), context)).status).toBe(503)
  })

  it.each(['at once', 'when it is over'])(
    'because of the time aborts the signal of who asked for it %s',
    async (when) => {
      let limit: TimeLimit | undefined
      let signal: AbortSignal | undefined
      const hanging: Target = {
        send(_, given) {
          limit = given
          if (when === 'at once') signal = given.signal
          return new Promise(() => undefined)
        },
      }
      const context = { ...testContext, getRemainingTimeInMillis: () => 150 }
      expect((await invoke(api(hanging), post(valid), context)).status).toBe(503)
      signal ??= limit?.signal
      await expect.poll(() => signal?.aborted).toBe(true)
      expect(limit?.signal).toBe(signal)
    },
  )
})

describe('where to ask for a message', () => {
  const keyed = defineMessage({ name: 'k', schema: z.object({ k: z.string() }), key: (body) => body.k })

  function withUrl(to: Target, statusUrl: (id: string) => string) {
    return middy()
      .use(problemDetails({ logger: memoryLogger() }))
      .use(httpJsonBodyParser())
      .use(validate({ body: keyed }))
      .use(enqueue(keyed, { to, clock, statusUrl }))
      .handler((event) => event.valid.body)
  }

  it('goes with the 202', async () => {
    const answer = await invoke(
      withUrl(memoryTarget(), (id) => `/k/${id}`),
      post({ k: 'a/b c' }),
    )
    expect(answer).toMatchObject({
      status: 202,
      headers: { location: '/k/a%2Fb%20c', link: '</k/a%2Fb%20c>; rel="monitor"' },
      body: { id: 'a/b c', statusUrl: '/k/a%2Fb%20c' },
    })
  })

  it('cannot put a header of its own into the answer', async () => {
    const answer = await invoke(
      withUrl(memoryTarget(), (id) => `/k/${decodeURIComponent(id)}`),
      post({ k: 'x\r\nset-cookie: a=b>; rel="x' }),
    )
    expect(answer.headers.location).toBe('/k/x%0D%0Aset-cookie:%20a=b%3E;%20rel=%22x')
  })

  it('is made before the message is sent: a bug in it sends nothing', async () => {
    const to = memoryTarget()
    const handler = withUrl(to, () => {
      throw new Error('bug')
    })
    expect((await invoke(handler, post({ k: 'a' }))).status).toBe(500)
    expect(to.sent).toStrictEqual([])
  })
})

describe('what a handler does with a valid body', () => {
  it('may replace it', async () => {
    const to = memoryTarget()
    const owned = defineMessage({ name: 'owned', schema: z.object({ id: z.string(), tenant: z.string() }) })
    const handler = middy()
      .use(problemDetails())
      .use(httpJsonBodyParser())
      .use(validate({ body: owned }))
      .use(enqueue(owned, { to, clock }))
      .handler((event) => ({ ...event.valid.body, tenant: 'from-token' }))
    await invoke(handler, post({ id: '1', tenant: 'victim' }))
    expect((await to.messages(owned)).map(({ body }) => body)).toStrictEqual([
      { id: '1', tenant: 'from-token' },
    ])
  })

  it('cannot send text that cannot be stored', async () => {
    const to = memoryTarget()
    const note = defineMessage({ name: 'note', schema: z.object({ text: z.string() }) })
    const answer = (options: { unstorable?: 'allow' }) => {
      const handler = middy()
        .use(problemDetails())
        .use(enqueue(note, { to, clock, ...options }))
        .handler(() => ({ text: 'a\0' }))
      return invoke(handler, post(''))
    }
    expect(await answer({})).toMatchObject({
      status: 422,
      body: { code: 'SPILLWAY_TEXT_UNSTORABLE', errors: [{ pointer: '#/text' }] },
    })
    expect((await answer({ unstorable: 'allow' })).status).toBe(202)
  })

  it.each([
    ['a date', z.object({ at: z.date() }), () => ({ at: new Date(0) }), 'as JSON it is invalid at /at'],
    ['nothing of JSON', z.unknown(), () => () => 1, 'it has no JSON'],
  ])('is held against the schema as it travels: %s', async (_, schema, make, why) => {
    const to = memoryTarget()
    const logger = memoryLogger()
    const event = defineMessage({ name: 'event', schema })
    const handler = middy().use(problemDetails({ logger })).use(enqueue(event, { to, clock })).handler(make)
    expect((await invoke(handler, post(''))).status).toBe(500)
    expect(String(logger.lines[0]?.[2].error)).toContain(why)
    expect(to.sent).toStrictEqual([])
  })

  it('may hold a date where the schema takes its text', async () => {
    const to = memoryTarget()
    const event = defineMessage({ name: 'event', schema: z.object({ at: z.coerce.date() }) })
    const handler = middy()
      .use(problemDetails())
      .use(enqueue(event, { to, clock }))
      .handler(() => ({ at: new Date(0), extra: undefined }))
    expect((await invoke(handler, post(''))).status).toBe(202)
    expect(await to.messages(event)).toMatchObject([{ body: { at: new Date(0) } }])
  })

  it('may be a body without an end, which is a 500', async () => {
    const to = memoryTarget()
    const note = defineMessage({ name: 'note', schema: z.object({ next: z.unknown() }) })
    const handler = middy()
      .use(problemDetails({ logger: memoryLogger() }))
      .use(enqueue(note, { to, clock }))
      .handler(() => {
        const self: { next?: unknown } = {}
        self.next = self
        return self
      })
    expect((await invoke(handler, post(''))).status).toBe(500)
    expect(to.sent).toStrictEqual([])
  })

  it('is not told in the log when it is invalid', async () => {
    const logger = memoryLogger()
    const card = defineMessage({
      name: 'card',
      schema: z.object({ number: z.string().refine(() => false, { error: ({ input }) => `bad ${input}` }) }),
    })
    const handler = middy()
      .use(problemDetails({ logger }))
      .use(enqueue(card, { to: memoryTarget(), clock }))
      .handler(() => ({ number: '4111111111111112' }))
    await invoke(handler, post(''))
    expect(String(logger.lines[0]?.[2].error)).toContain('it is invalid at /number')
    expect(String(logger.lines[0]?.[2].error)).not.toContain('4111')
  })
})

describe('the number 1e400, which JSON would make null of', () => {
  it('is a 422, whatever the schema says', async () => {
    const to = memoryTarget()
    const any = defineMessage({ name: 'any', schema: z.unknown() })
    const handler = middy()
      .use(problemDetails())
      .use(httpJsonBodyParser())
      .use(validate({ body: any }))
      .use(enqueue(any, { to, clock }))
      .handler((event) => event.valid.body)
    expect(await invoke(handler, post('{"n":[1e400]}'))).toMatchObject({
      status: 422,
      body: {
        code: 'SPILLWAY_TEXT_UNSTORABLE',
        errors: [{ pointer: '#/n/0', detail: 'The number is not finite, which JSON cannot hold' }],
      },
    })
    expect(to.sent).toStrictEqual([])
  })
})

describe('what enqueue is given', () => {
  it.each([
    [undefined, ', not undefined: do its modules import each other?'],
    [null, '.'],
    [z.object({}), '.'],
    [{ name: 'a', schema: z.object({}) }, '.'],
  ])('has to be a message: %o', (definition, end) => {
    expect(() => enqueue(definition as never, { to: memoryTarget() })).toThrow(
      `enqueue takes a message of defineMessage()${end}`,
    )
  })

  it.each([[undefined], [''], [7]])('has to give a text as the URL of the status, not %o', async (url) => {
    const to = memoryTarget()
    const logger = memoryLogger()
    const handler = middy()
      .use(problemDetails({ logger }))
      .use(enqueue(order, { to, clock, statusUrl: () => url as string }))
      .handler(() => valid)
    expect((await invoke(handler, post(''))).status).toBe(500)
    expect(String(logger.lines[0]?.[2].error)).toContain(
      '`statusUrl` of enqueue has to return a non-empty string',
    )
    expect(to.sent).toStrictEqual([])
  })

  const fails = async () => {
    throw new Error('nobody waits for this')
  }
  it.each<[string, object, object?]>([
    ['attributes', { attributes: async () => ({ a: 'b' }) }],
    ['delay', { delay: async () => 5 }],
    ['scope', { scope: async () => 'tenant' }],
    ['statusUrl', { statusUrl: async () => '/orders/1' }],
    ['attributes', { attributes: fails }],
    ['key', {}, { key: async () => 'k' }],
    ['group', {}, { group: fails }],
  ])('is blamed for an option that is asynchronous: %s', async (option, options, more) => {
    const to = memoryTarget()
    const logger = memoryLogger()
    const definition = defineMessage({ name: 'a', schema: z.object({}), ...more })
    const handler = middy()
      .use(problemDetails({ logger }))
      .use(enqueue(definition, { to, clock, ...options }))
      .handler(() => ({}))
    const event = post('', { headers: { 'content-type': 'application/json', 'idempotency-key': 'k' } })
    expect((await invoke(handler, event)).status).toBe(500)
    expect(logger.lines).toMatchObject([
      ['error', expect.anything(), { error: { code: 'SPILLWAY_OPTION_INVALID' } }],
    ])
    expect(String(logger.lines[0]?.[2].error)).toMatch(
      new RegExp(`The option \`${option}\` of .* is asynchronous`),
    )
    expect(to.sent).toStrictEqual([])
  })

  it('is blamed for a key that is no text', async () => {
    const keyed = defineMessage({ name: 'a', schema: z.object({}), key: () => 7 as never })
    const handler = middy()
      .use(problemDetails({ logger: memoryLogger() }))
      .use(enqueue(keyed, { to: memoryTarget(), clock }))
      .handler(() => ({}))
    expect((await invoke(handler, post(''))).status).toBe(500)
  })
})

describe('a handler of the user', () => {
  function withHandler(to: Target, handler: () => unknown) {
    return middy()
      .use(problemDetails({ logger: memoryLogger() }))
      .use(enqueue(order, { to, clock }))
      .handler(handler)
  }

  it('may make the body', async () => {
    const to = memoryTarget()
    expect(
      (
        await invoke(
          withHandler(to, () => valid),
          post(''),
        )
      ).status,
    ).toBe(202)
    expect(to.sent).toHaveLength(1)
  })

  it.each([undefined, null, {}, { statusCode: 200, body: '' }])(
    'that returns %o sends nothing',
    async (value) => {
      const to = memoryTarget()
      const response = await invoke(
        withHandler(to, () => value),
        post(''),
      )
      expect(response.status).toBe(500)
      expect(to.sent).toStrictEqual([])
    },
  )
})

describe('a body that is not that of the message', () => {
  it('is not sent because another message let it through', async () => {
    const other = defineMessage({
      name: 'order.cancelled',
      schema: z.object({ id: z.uuid(), why: z.string() }),
    })
    const to = memoryTarget()
    const handler = middy()
      .use(problemDetails({ logger: memoryLogger() }))
      .use(httpJsonBodyParser())
      .use(validate({ body: order }))
      .use(enqueue(other, { to, clock }))
      .handler((event) => event.valid.body)
    expect((await invoke(handler, post(valid))).status).toBe(500)
    expect(to.sent).toStrictEqual([])
  })

  it('is not sent when it is nothing, whatever the schema allows', async () => {
    const to = memoryTarget()
    const anything = defineMessage({ name: 'anything', schema: z.any() })
    const handler = middy()
      .use(problemDetails({ logger: memoryLogger() }))
      .use(enqueue(anything, { to, clock }))
      .handler(() => undefined)
    expect((await invoke(handler, post(''))).status).toBe(500)
    expect(to.sent).toStrictEqual([])
  })

  it.each(['', 'x'.repeat(257)])('is the client to blame for when its key is %j', async (key) => {
    const to = memoryTarget()
    const keyed = defineMessage({ name: 'k', schema: z.object({ key: z.string() }), key: (body) => body.key })
    const handler = middy()
      .use(problemDetails())
      .use(httpJsonBodyParser())
      .use(validate({ body: keyed }))
      .use(enqueue(keyed, { to, clock }))
      .handler((event) => event.valid.body)
    expect(await invoke(handler, post({ key }))).toMatchObject({
      status: 422,
      body: { code: 'SPILLWAY_KEY_INVALID' },
    })
    expect(to.sent).toStrictEqual([])
  })
})

describe('the Idempotency-Key header', () => {
  const event = defineMessage({ name: 'event.seen', schema: z.object({ n: z.int() }) })

  async function send(
    value: string | undefined,
    options: { scope?: () => string | string[] } = {},
    definition = event,
  ) {
    const to = memoryTarget()
    const handler = middy()
      .use(problemDetails({ logger: memoryLogger() }))
      .use(httpJsonBodyParser())
      .use(validate({ body: definition }))
      .use(enqueue(definition, { to, clock, ...options }))
      .handler(({ valid: { body } }) => body)
    const headers = {
      'content-type': 'application/json',
      ...(value !== undefined && { 'Idempotency-Key': value }),
    }
    const answer = await invoke(handler, post({ n: 1 }, { headers }))
    return { ...answer, key: to.sent[0]?.key }
  }

  it.each([
    ['"8e03978e-40d5"', '8e03978e-40d5'],
    ['8e03978e-40d5', '8e03978e-40d5'],
    [String.raw`"a \"quoted\" \\ key"`, encodeURIComponent(String.raw`a "quoted" \ key`)],
    ['"k";version=1', 'k'],
  ])('%s is the key of the message', async (value, key) => {
    expect(await send(value)).toMatchObject({ status: 202, key, body: { id: key } })
  })

  it.each(['', '""', '"open', 'a,b', 'na\u00efve', '"x', 'x'.repeat(201), '"a" "b"'])(
    '%j is refused',
    async (value) => {
      const answer = await send(value)
      expect(answer).toMatchObject({ status: 400, body: { code: 'SPILLWAY_KEY_INVALID' } })
      expect(answer.key).toBeUndefined()
    },
  )

  it('is scoped where the app says so', async () => {
    expect((await send('"k"', { scope: () => 'tenant-7' })).key).toBe('tenant-7:k')
    expect((await send('"k"', { scope: () => ['tenant-7', 'POST /orders'] })).key).toBe(
      'tenant-7:POST%20%2Forders:k',
    )
    // No tenant can make itself another's keys.
    expect((await send('"b:k"', { scope: () => 'a' })).key).not.toBe(
      (await send('"k"', { scope: () => 'a:b' })).key,
    )
  })

  it.each([undefined, [], [7], null])('is refused with a scope that is none: %j', async (scope) => {
    const answer = await send('"k"', { scope: () => scope as never })
    expect(answer).toMatchObject({ status: 500, key: undefined })
  })

  it('may be as long as it may, whatever its scope', async () => {
    const { status, key } = await send('x'.repeat(200), { scope: () => 'tenant'.repeat(20) })
    expect(status).toBe(202)
    expect(key).toMatch(/^#[0-9a-f]{64}$/)
  })

  it('is that which the request came with, whatever the app does to its event', async () => {
    const to = memoryTarget()
    const handler = middy()
      .use(httpJsonBodyParser())
      .use(validate({ body: event }))
      .use(enqueue(event, { to, clock }))
      .before((request) => {
        request.event = { ...request.event, headers: { 'idempotency-key': 'another' } }
      })
      .handler(({ valid: { body } }) => body)
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'k' }
    expect(await invoke(handler, post({ n: 1 }, { headers }))).toMatchObject({
      status: 202,
      body: { id: 'k' },
    })
    expect(to.sent.map(({ key }) => key)).toStrictEqual(['k'])
  })

  it('gives way to the key of the body, and to a new one where it is missing', async () => {
    const keyed = defineMessage({ name: 'event.seen', schema: z.object({ n: z.int() }), key: () => 'own' })
    expect((await send('"k"', {}, keyed)).key).toBe('own')
    expect((await send(undefined, { scope: () => 'tenant-7' })).key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
  })
})

it('a schema that throws is a 500 that tells nothing', async () => {
  const broken = defineMessage({
    name: 'broken',
    schema: z.unknown().refine(() => {
      throw new Error('connect ECONNREFUSED password=hunter2')
    }),
  })
  const handler = middy()
    .use(problemDetails({ logger: memoryLogger() }))
    .use(httpJsonBodyParser())
    .use(validate({ body: broken }))
    .handler(() => undefined)
  expect((await invoke(handler, post({}))).body).toStrictEqual({
    type: 'about:blank',
    title: 'Internal Server Error',
    status: 500,
    code: 'HTTP_500',
    instance,
  })
})

describe('options', () => {
  it('names a typo', () => {
    const to = memoryTarget()
    // @ts-expect-error the option is wrong on purpose
    expect(() => enqueue(order, { too: to })).toThrow(
      /^enqueue has no option `too`\. Its options are to, scope, statusUrl, delay, attributes, unstorable, telemetry\.$/,
    )
    // @ts-expect-error the option is wrong on purpose
    expect(() => bodyLimit({ maxByte: 1 })).toThrow(
      'bodyLimit has no option `maxByte`. Its options are maxBytes, maxDepth.',
    )
  })
})
