import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { defineMessage, type StandardSchemaV1 } from '@spillway/message'
import { memoryTarget } from '@spillway/message/testing'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { bulkBodyParser, enqueue, enqueueMany, problemDetails, validate } from './index.ts'
import { memoryLogger, post } from './testing/http.ts'
import { invoke } from './testing.ts'

const dates = (name: string, value: unknown) => (name === 'at' ? new Date(value as string) : value)
const at = '2026-01-02T03:04:05.000Z'

/** Sends a body that a middleware made before `validate`. */
async function send(
  schema: StandardSchemaV1,
  make: (body: unknown) => unknown,
  options: { body?: unknown; reviver?: typeof dates; unstorable?: 'allow' } = {},
) {
  const { body = {}, reviver, ...rest } = options
  const to = memoryTarget()
  const logger = memoryLogger()
  const event = defineMessage({ name: 'event', schema })
  const handler = middy()
    .use(problemDetails({ logger }))
    .use(httpJsonBodyParser(reviver === undefined ? {} : { reviver }))
    .before(({ event }) => {
      Object.assign(event, { body: make((event as { body: unknown }).body) })
    })
    .use(validate({ body: event, ...rest }))
    .use(enqueue(event, { to, ...rest }))
    .handler((event) => event.valid.body)
  const answer = await invoke(handler, post(body))
  const sent = (await to.messages(event)).map(({ body }) => body)
  return { ...answer, sent, error: String(logger.lines[0]?.[2].error ?? '') }
}

const asIs = (body: unknown) => body
class Money {
  readonly #cents = 5
  get cents() {
    return this.#cents
  }
}
class Point {
  x = 1
}

describe('a valid body that the other side would refuse', () => {
  it.each<[string, StandardSchemaV1, (body: unknown) => unknown, string]>([
    ['a Date', z.object({ at: z.date() }), () => ({ at: new Date(0) }), 'as JSON it is invalid at /at'],
    [
      'bytes of a file',
      z.object({ file: z.instanceof(Uint8Array) }),
      () => ({ file: new Uint8Array([1]) }),
      'JSON does not hold the Uint8Array at /file',
    ],
    ['a Buffer', z.object({ file: z.instanceof(Uint8Array) }), () => ({ file: Buffer.from('a') }), '/file'],
    ['a Set', z.unknown(), () => ({ a: [new Set([1])] }), 'JSON does not hold the Set at /a/0'],
    ['a Map', z.unknown(), () => new Map([['a', 1]]), 'JSON does not hold the Map at the body'],
    [
      'undefined in a list',
      z.unknown(),
      () => [undefined],
      'JSON does not hold the undefined in a list at /0',
    ],
    ['a hole', z.unknown(), () => new Array(1), 'JSON does not hold the undefined in a list at /0'],
    ['a function in a list', z.unknown(), () => [() => 1], 'JSON does not hold the function in a list at /0'],
    ['a bigint', z.object({ n: z.bigint() }), () => ({ n: 1n }), 'JSON does not hold the bigint at /n'],
    ['a symbol', z.unknown(), () => ({ s: Symbol('s') }), 'JSON does not hold the symbol at /s'],
    ['an error', z.unknown(), () => ({ e: new Error('secret') }), 'JSON does not hold the Error at /e'],
    ['a class that hides its data', z.object({ m: z.instanceof(Money) }), () => ({ m: new Money() }), '/m'],
    ['an instance', z.object({ p: z.instanceof(Point) }), () => ({ p: new Point() }), 'invalid at /p'],
    ['another toJSON', z.looseObject({ a: z.int() }), () => ({ a: 1, toJSON: () => ({ a: 'x' }) }), '/a'],
    ['a toJSON that throws', z.unknown(), () => ({ toJSON: () => fail() }), 'has a toJSON that throws'],
  ])('is a 500 that names the mistake: %s', async (_, schema, make, why) => {
    const answer = await send(schema, make)
    expect(answer).toMatchObject({ status: 500, sent: [] })
    expect(answer.error).toContain('The valid body of the message event cannot be sent as JSON: ')
    expect(answer.error).toContain(why)
    expect(answer.error).not.toContain('secret')
    expect(JSON.stringify(answer.body)).not.toContain('JSON')
  })

  it('names a reviver', async () => {
    const answer = await send(z.object({ at: z.date() }), asIs, { body: { at }, reviver: dates })
    expect(answer).toMatchObject({ status: 500, sent: [] })
    expect(answer.error).toContain('as JSON it is invalid at /at. A reviver of the body parser')
  })

  it('is a 500 for one that has no end', async () => {
    const self: { me?: unknown } = {}
    self.me = self
    const answer = await send(z.unknown(), () => self)
    expect(answer).toMatchObject({ status: 500, sent: [] })
    expect(answer.error).toContain('it is circular')
  })

  it('is the client to blame for where JSON makes null of its number', async () => {
    const body = '{"n":1e400}'
    expect(await send(v.object({ n: v.number() }), asIs, { body, unstorable: 'allow' })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '#/n' }] },
      sent: [],
    })
    expect(await send(z.unknown(), asIs, { body, unstorable: 'allow' })).toMatchObject({
      status: 202,
      sent: [{ n: null }],
    })
  })

  it('costs a bulk request, of which nothing is sent', async () => {
    const event = defineMessage({ name: 'event', schema: z.object({ at: z.date() }) })
    const to = memoryTarget()
    const handler = middy()
      .use(problemDetails({ logger: memoryLogger() }))
      .use(bulkBodyParser())
      .before(({ event }) => {
        Object.assign(event, { body: [{ at: new Date(0) }] })
      })
      .use(validate({ bodies: event }))
      .use(enqueueMany(event, { to }))
      .handler(({ valid }) => valid.bodies)
    expect((await invoke(handler, post([{ at }]))).status).toBe(500)
    expect(to.sent).toStrictEqual([])
  })
})

describe('a valid body that is not plain JSON', () => {
  it.each<[string, StandardSchemaV1, (body: unknown) => unknown, unknown]>([
    ['a Date', z.object({ at: z.coerce.date() }), () => ({ at: new Date(at) }), { at: new Date(at) }],
    ['undefined', z.object({ a: z.int().optional() }), () => ({ a: undefined }), {}],
    ['an instance', z.object({ p: z.object({ x: z.int() }) }), () => ({ p: new Point() }), { p: { x: 1 } }],
    ['a text object', z.object({ a: z.coerce.string() }), () => ({ a: new String('x') }), { a: 'x' }],
  ])('is what the other side makes of it: %s', async (_, schema, make, body) => {
    expect(await send(schema, make)).toMatchObject({ status: 202, sent: [body] })
  })

  it('has the key that the other side would find', async () => {
    const event = defineMessage({
      name: 'event',
      schema: z.object({ at: z.coerce.date() }),
      key: (body) => body.at.toISOString(),
    })
    const to = memoryTarget()
    const handler = middy()
      .use(problemDetails())
      .use(httpJsonBodyParser({ reviver: dates }))
      .use(validate({ body: event }))
      .use(enqueue(event, { to }))
      .handler(({ valid }) => valid.body)
    expect(await invoke(handler, post({ at }))).toMatchObject({ status: 202, body: { id: at } })
    expect(await to.messages(event)).toMatchObject([{ key: at, body: { at: new Date(at) } }])
  })
})

describe("a handler's own body", () => {
  it.each([
    ['a Map', { a: new Map() }, 'JSON does not hold the Map at /a'],
    ['undefined in a list', { a: [undefined] }, 'JSON does not hold the undefined in a list at /a/0'],
    ['a bigint', { a: 1n }, 'JSON does not hold the bigint at /a'],
  ])('is a 500 with %s, whatever the schema takes', async (_, body, why) => {
    const event = defineMessage({ name: 'event', schema: z.looseObject({}) })
    const to = memoryTarget()
    const logger = memoryLogger()
    const handler = middy()
      .use(problemDetails({ logger }))
      .use(enqueue(event, { to }))
      .handler(() => body)
    expect((await invoke(handler, post(''))).status).toBe(500)
    expect(String(logger.lines[0]?.[2].error)).toContain(why)
    expect(to.sent).toStrictEqual([])
  })
})

describe('an optional body', () => {
  const event = defineMessage({ name: 'event', schema: z.object({ a: z.int() }).optional() })

  it('that did not come makes no message without a body', async () => {
    const to = memoryTarget()
    const handler = middy()
      .use(problemDetails())
      .use(httpJsonBodyParser({ disableContentTypeError: true }))
      .use(validate({ body: event }))
      .use(enqueue(event, { to }))
      .handler(({ valid }) => valid.body)
    const nothing = post('', { body: undefined, headers: {} } as never)
    expect(await invoke(handler, nothing)).toMatchObject({
      status: 400,
      body: { code: 'SPILLWAY_BODY_MALFORMED', detail: 'The request has no body.' },
    })
    expect(to.sent).toStrictEqual([])
    expect((await invoke(handler, post({ a: 1 }))).status).toBe(202)
  })

  it('that did not come is the default of the schema, which travels as a body of the handler', async () => {
    const to = memoryTarget()
    const schema = z.object({ a: z.int(), b: z.int().default(2) }).prefault({ a: 1 })
    const counted = defineMessage({ name: 'counted', schema, key: ({ a, b }) => `${a}/${b}` })
    const handler = middy()
      .use(problemDetails())
      .use(httpJsonBodyParser({ disableContentTypeError: true }))
      .use(validate({ body: counted }))
      .use(enqueue(counted, { to }))
      .handler(({ valid }) => valid.body)
    const nothing = post('', { body: undefined, headers: {} } as never)
    expect(await invoke(handler, nothing)).toMatchObject({ status: 202, body: { id: '1/2' } })
    expect(await to.messages(counted)).toMatchObject([{ key: '1/2', body: { a: 1, b: 2 } }])
  })
})

function fail(): never {
  throw new Error('secret')
}
