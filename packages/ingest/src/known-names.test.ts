import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { defineMessage, type StandardSchemaV1 } from '@spillway/message'
import { memoryTarget } from '@spillway/message/testing'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  bodyLimit,
  bulkBodyParser,
  enqueue,
  enqueueMany,
  type HttpEvent,
  problemDetails,
  validate,
} from './index.ts'
import { post } from './testing/http.ts'
import { invoke } from './testing.ts'

async function send(
  schema: StandardSchemaV1,
  body: unknown,
  handle?: (event: HttpEvent & { valid: { body: unknown } }) => unknown,
) {
  const to = memoryTarget()
  const event = defineMessage({ name: 'event', schema })
  const handler = middy()
    .use(problemDetails())
    .use(bodyLimit({ maxBytes: 10_000_000 }))
    .use(httpJsonBodyParser())
    .use(validate({ body: event }))
    .use(enqueue(event, { to }))
    .handler((event) => (handle === undefined ? event.valid.body : handle(event)))
  const { status } = await invoke(handler, post(body))
  const [wire = '{}'] = to.sent.map((message) => message.body)
  const [message] = await to.messages(event)
  return { status, bytes: wire.length, sent: JSON.parse(wire).body, read: message?.body }
}

const junk = 'x'.repeat(869_000)
const line = z.object({ sku: z.string(), n: z.int() })

describe('names that the schema does not know', () => {
  it.each<[string, StandardSchemaV1, unknown, unknown]>([
    ['of an object', z.object({ id: z.string() }), { id: 'a', junk }, { id: 'a' }],
    [
      'in a list, at any depth',
      z.object({ id: z.string(), lines: z.array(z.object({ line })) }),
      { id: 'a', lines: [{ line: { sku: 's', n: 1, junk } }, { junk, line: { sku: 't', n: 2 } }] },
      { id: 'a', lines: [{ line: { sku: 's', n: 1 } }, { line: { sku: 't', n: 2 } }] },
    ],
    ['of valibot', v.object({ id: v.string() }), { junk, id: 'a' }, { id: 'a' }],
    [
      'beside a default and a transform',
      z.object({ id: z.string(), currency: z.string().default('EUR'), at: z.coerce.date() }),
      { id: 'a', at: '2026-01-01T00:00:00.000Z', junk },
      { id: 'a', at: '2026-01-01T00:00:00.000Z' },
    ],
    [
      'of a schema that puts out an instance',
      z.object({ id: z.string() }).transform((o) => o),
      { id: 'a', junk },
      { id: 'a' },
    ],
  ])('do not travel: %s', async (_, schema, body, sent) => {
    const answer = await send(schema, body)
    expect(answer).toMatchObject({ status: 202, sent })
    expect(answer.bytes).toBeLessThan(500)
  })

  it.each<[string, StandardSchemaV1, unknown]>([
    ['a loose schema keeps them', z.looseObject({ id: z.string() }), { id: 'a', more: [1] }],
    ['a catch-all keeps them', z.object({ id: z.string() }).catchall(z.int()), { id: 'a', n: 1 }],
    ['a record knows each', z.record(z.string(), z.int()), { a: 1, b: 2 }],
    ['any value is known', z.unknown(), { a: { b: [null, 1, 'x', true] } }],
    [
      'a transform has read them',
      z.object({ id: z.string(), secret: z.string() }).transform(({ id }) => ({ id })),
      { id: 'a', secret: 's' },
    ],
    [
      'a transform has counted them',
      z.looseObject({ id: z.string() }).transform((all) => ({ id: all.id, more: Object.keys(all).length })),
      { id: 'a', x: 1, y: 2 },
    ],
    [
      'a transform gives them another name',
      z.object({ userName: z.string() }).transform(({ userName }) => ({ name: userName })),
      { userName: 'a' },
    ],
    ['a tuple keeps its length', z.tuple([z.int()]).rest(z.unknown()), [1, { a: 1 }]],
  ])('travel where %s', async (_, schema, body) => {
    expect(await send(schema, body)).toMatchObject({ status: 202, sent: body })
  })

  it('are the same to the other side, sent or not', async () => {
    const schema = z.object({ id: z.string(), at: z.coerce.date(), n: z.int().default(7) })
    const at = '2026-01-01T00:00:00.000Z'
    const [without, withThem] = [
      await send(schema, { id: 'a', at }),
      await send(schema, { id: 'a', at, junk }),
    ]
    expect(withThem.read).toStrictEqual(without.read)
    expect(withThem.sent).toStrictEqual(without.sent)
  })

  it("do not travel in a handler's own body", async () => {
    const answer = await send(z.object({ id: z.string() }), { id: 'a', junk }, ({ body }) => ({
      ...(body as object),
    }))
    expect(answer).toMatchObject({ status: 202, sent: { id: 'a' } })
    expect(answer.bytes).toBeLessThan(500)
  })

  it('do not travel in the items of a bulk body', async () => {
    const event = defineMessage({ name: 'event', schema: z.object({ id: z.string() }) })
    const to = memoryTarget()
    const handler = middy()
      .use(problemDetails())
      .use(bulkBodyParser())
      .use(validate({ bodies: event }))
      .use(enqueueMany(event, { to }))
      .handler(({ valid }) => valid.bodies)
    await invoke(handler, post([{ id: 'a', junk: 1 }, { id: 'b' }]))
    expect(to.sent.map(({ body }) => JSON.parse(body).body)).toStrictEqual([{ id: 'a' }, { id: 'b' }])
  })

  it('reach for no prototype', async () => {
    const answer = await send(z.looseObject({ id: z.string() }), '{"id":"a","more":{"x":1}}', ({ body }) => ({
      ...(body as object),
      ['__proto__']: { polluted: 1 },
      junk: { ['__proto__']: { polluted: 1 } },
    }))
    expect(answer.status).toBe(202)
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })
})
