import middy, { type MiddlewareObj } from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { defineMessage, type MessageDefinition } from '@spillway/message'
import { memoryTarget } from '@spillway/message/testing'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { bulkBodyParser, enqueue, enqueueMany, problemDetails, validate } from './index.ts'
import { memoryLogger, post } from './testing/http.ts'
import { invoke } from './testing.ts'

const loose = defineMessage({ name: 'loose', schema: z.looseObject({}) })
const strict = defineMessage({ name: 'strict', schema: z.object({ id: z.string() }) })
const anything = defineMessage({ name: 'anything', schema: z.any() })

/** What `@middy/http-cors` and `@middy/http-security-headers` do (`normalizeHttpResponse` of `@middy/util`). */
function headersOf(headers: Record<string, string>): MiddlewareObj {
  return {
    after: (request) => {
      let { response } = request
      if (response === undefined) response = {}
      else if (
        response?.statusCode === undefined &&
        response?.body === undefined &&
        response?.headers === undefined
      )
        response = { statusCode: 200, body: response }
      response.statusCode ??= 500
      response.headers = { ...response.headers, ...headers }
      request.response = response
    },
  }
}
const httpCors = () => headersOf({ 'Access-Control-Allow-Origin': '*' })
const httpSecurityHeaders = () => headersOf({ 'Strict-Transport-Security': 'max-age=15552000' })
const httpResponseSerializer = (): MiddlewareObj => ({
  after: (request) => {
    httpCors().after?.(request)
    request.response.body = JSON.stringify(request.response.body)
  },
})

async function answerOf(
  definition: MessageDefinition,
  after: readonly MiddlewareObj[],
  handle?: () => unknown,
) {
  const to = memoryTarget()
  const logger = memoryLogger()
  const chain = middy()
    .use(problemDetails({ logger }))
    .use(httpJsonBodyParser())
    .use(validate({ body: definition }))
    .use(enqueue(definition, { to }))
  for (const middleware of after) chain.use(middleware as never)
  const handler = chain.handler((event) => (handle === undefined ? event.valid.body : handle()))
  const { status } = await invoke(handler, post({ id: 'a', body: 'b' }))
  return { status, error: String(logger.lines[0]?.[2].error), sent: to.sent }
}

describe.each([
  ['a loose schema', loose],
  ['an ordinary schema', strict],
  ['any schema', anything],
])('under %s', (_, definition) => {
  it.each([
    [{ statusCode: 403, body: 'Forbidden' }],
    [{ statusCode: 200, headers: {}, body: '{"ok":true}', isBase64Encoded: false }],
    [{ statusCode: '204' }],
    [{ statusCode: 302, multiValueHeaders: {}, cookies: [], statusDescription: '302 Found' }],
  ])('a response that a handler returns is not sent: %j', async (response) => {
    const { status, error, sent } = await answerOf(definition, [], () => response)
    expect(status).toBe(500)
    expect(error).toContain(`enqueue got a response with the status ${response.statusCode} to send`)
    expect(error).toContain('To reject a request, throw an error with `statusCode` and `expose: true`')
    expect(sent).toStrictEqual([])
  })

  it.each([
    ['httpCors', httpCors],
    ['httpSecurityHeaders', httpSecurityHeaders],
  ])('what %s after enqueue makes of a body is not sent', async (_, middleware) => {
    const { status, error, sent } = await answerOf(definition, [middleware()])
    expect(status).toBe(500)
    expect(error).toContain('comes after enqueue in the chain. Its `after` runs first')
    expect(error).toContain('use() it before enqueue')
    expect(sent).toStrictEqual([])
  })

  it.each([
    ['wraps it', [httpCors(), httpSecurityHeaders()], () => ({ id: 'own' })],
    ['makes a text of it', [httpResponseSerializer()], () => ({ id: 'own' })],
    ['adds to nothing', [httpCors()], () => undefined],
  ])('nor what a middleware makes that %s', async (_, after, handle) => {
    const { status, error, sent } = await answerOf(definition, after, handle)
    expect(status).toBe(500)
    expect(error).toContain('comes after enqueue in the chain')
    expect(sent).toStrictEqual([])
  })
})

describe('a body with a status that', () => {
  const logged = defineMessage({
    name: 'response.logged',
    schema: z.object({ statusCode: z.int(), headers: z.record(z.string(), z.string()), body: z.string() }),
  })
  const body = { statusCode: 500, headers: { a: 'b' }, body: 'x' }

  it('its schema asks for is sent', async () => {
    const to = memoryTarget()
    const handler = middy()
      .use(problemDetails())
      .use(enqueue(logged, { to }))
      .handler(() => body)
    expect((await invoke(handler, post(''))).status).toBe(202)
    expect((await to.messages(logged)).map((message) => message.body)).toStrictEqual([body])
  })

  it('the client sent is sent, whatever its schema', async () => {
    for (const definition of [logged, loose, anything]) {
      const to = memoryTarget()
      const handler = middy()
        .use(problemDetails())
        .use(httpJsonBodyParser())
        .use(validate({ body: definition as MessageDefinition }))
        .use(enqueue(definition as MessageDefinition, { to }))
        .handler((event) => event.valid.body)
      expect((await invoke(handler, post(body))).status).toBe(202)
    }
  })

  it('is one of several facts is sent', async () => {
    expect((await answerOf(loose, [], () => ({ id: 'a', statusCode: 404 }))).status).toBe(202)
    expect((await answerOf(loose, [], () => ({ statusCode: 7, body: 'x' }))).status).toBe(202)
  })
})

describe('many', () => {
  async function manyOf(after: readonly MiddlewareObj[], handle?: () => unknown) {
    const to = memoryTarget()
    const logger = memoryLogger()
    const chain = middy()
      .use(problemDetails({ logger }))
      .use(bulkBodyParser())
      .use(validate({ bodies: loose }))
      .use(enqueueMany(loose, { to }))
    for (const middleware of after) chain.use(middleware as never)
    const handler = chain.handler((event) => handle?.() ?? event.valid.bodies)
    const { status } = await invoke(handler, post([{ id: 'a' }]))
    return { status, error: String(logger.lines[0]?.[2].error), sent: to.sent }
  }

  it.each([
    ['a response', [], () => ({ statusCode: 403, body: 'Forbidden' }), 'throw an error with `statusCode`'],
    [
      'a response among bodies',
      [],
      () => [{ id: 'a' }, { statusCode: 403 }],
      'throw an error with `statusCode`',
    ],
    ['a wrapped list', [httpCors()], undefined, 'use() it before enqueue'],
  ])('that are %s are not sent', async (_, after, handle, why) => {
    const { status, error, sent } = await manyOf(after, handle)
    expect(status).toBe(500)
    expect(error).toContain(why)
    expect(sent).toStrictEqual([])
  })
})
