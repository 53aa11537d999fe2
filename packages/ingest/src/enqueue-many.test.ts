import middy from '@middy/core'
import { defineMessage, type SendResult } from '@spillway/message'
import { type MemoryTarget, memoryTarget } from '@spillway/message/testing'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { bulkBodyParser, type EnqueueManyOptions, enqueueMany, problemDetails, validate } from './index.ts'
import { memoryLogger } from './testing/http.ts'
import { httpApiEvent, invoke, type TestRequest } from './testing.ts'

const order = defineMessage({
  name: 'order.placed',
  schema: z.object({ id: z.string().min(1), note: z.string().optional() }),
  key: (body) => body.id,
})
const clock = { now: () => 1_767_323_045_678, sleep: async () => undefined }
const failed: SendResult = { status: 'rejected', code: 'InternalError', detail: 'x', retryable: true }

function api(
  options: Partial<EnqueueManyOptions<typeof order>> & { to: MemoryTarget },
  logger = memoryLogger(),
) {
  return middy()
    .use(problemDetails({ logger }))
    .use(bulkBodyParser())
    .use(validate({ bodies: order, maxItems: 5 }))
    .use(enqueueMany(order, { clock, logger, ...options }))
    .handler((event) => event.valid.bodies)
}

const bulk = (body: unknown, request: TestRequest = {}) =>
  httpApiEvent({ path: '/orders/bulk', body, ...request })
const ndjson = { headers: { 'content-type': 'application/x-ndjson' } }

/** A target that confirms all but the messages with these keys. */
function refusing(...keys: string[]): MemoryTarget {
  return memoryTarget(({ key }) => (keys.includes(key) ? failed : { status: 'accepted' }))
}

describe('a bulk request', () => {
  it('is a 202 with the id of each item when all are confirmed', async () => {
    const to = memoryTarget()
    const answer = await invoke(
      api({ to, statusUrl: (id) => `/orders/${id}` }),
      bulk([{ id: 'a' }, { id: 'b/c' }]),
    )
    expect(answer).toMatchObject({ status: 202, headers: { 'content-type': 'application/json' } })
    expect(answer.body).toStrictEqual({
      accepted: 2,
      rejected: 0,
      items: [
        { index: 0, status: 202, id: 'a', statusUrl: '/orders/a' },
        { index: 1, status: 202, id: 'b/c', statusUrl: '/orders/b%2Fc' },
      ],
    })
    expect((await to.messages(order)).map(({ body }) => body)).toStrictEqual([{ id: 'a' }, { id: 'b/c' }])
  })

  it.each(['application/x-ndjson', 'application/jsonl; charset=utf-8', 'application/ndjson'])(
    'may be NDJSON, as %s',
    async (type) => {
      const to = memoryTarget()
      const body = '{"id":"a"}\r\n\n{"id":"b"}\n'
      const answer = await invoke(api({ to }), bulk(body, { headers: { 'Content-Type': type } }))
      expect(answer).toMatchObject({ status: 202, body: { accepted: 2 } })
    },
  )

  it('of another type is told both that are taken', async () => {
    const answer = await invoke(
      api({ to: memoryTarget() }),
      bulk('[]', { headers: { 'content-type': 'text/plain' } }),
    )
    expect(answer).toMatchObject({
      status: 415,
      body: {
        code: 'SPILLWAY_MEDIA_TYPE_UNSUPPORTED',
        detail: 'Send a JSON array as application/json, or NDJSON as application/x-ndjson.',
      },
    })
  })

  it('may be base64', async () => {
    const to = memoryTarget()
    const answer = await invoke(api({ to }), bulk(Buffer.from('{"id":"ä"}'), ndjson))
    expect(answer).toMatchObject({ status: 202, body: { items: [{ id: 'ä' }] } })
  })

  it('names what became of each item, in order', async () => {
    const to = memoryTarget(({ key }) => {
      if (key === 'big') {
        return {
          status: 'rejected',
          code: 'SPILLWAY_BODY_TOO_LARGE',
          detail: 'The message has 9 bytes.',
          retryable: false,
        }
      }
      return key === 'late' ? failed : { status: 'accepted' }
    })
    const logger = memoryLogger()
    const lines = ['{"id":"ok"}', '{"id":', '{"id":7}', '{"id":"late"}', '{"id":"big"}']
    const answer = await invoke(api({ to }, logger), bulk(lines.join('\n'), ndjson))
    expect(answer.status).toBe(207)
    expect(answer.headers['retry-after']).toBe('1')
    expect(answer.body).toStrictEqual({
      accepted: 1,
      rejected: 4,
      items: [
        { index: 0, status: 202, id: 'ok' },
        { index: 1, status: 400, code: 'SPILLWAY_BODY_MALFORMED', detail: 'The body is not valid JSON.' },
        {
          index: 2,
          status: 422,
          code: 'SPILLWAY_BODY_INVALID',
          detail: 'The body is not a valid order.placed.',
          errors: [{ pointer: '#/id', detail: 'Invalid input: expected string, received number' }],
        },
        {
          index: 3,
          id: 'late',
          status: 503,
          code: 'SPILLWAY_SEND_FAILED',
          detail: 'The message was not accepted. Try again with the same key.',
        },
        {
          index: 4,
          id: 'big',
          status: 413,
          code: 'SPILLWAY_BODY_TOO_LARGE',
          detail: 'The message has 9 bytes.',
        },
      ],
    })
    expect(to.sent.map(({ key }) => key)).toStrictEqual(['ok'])
    expect(logger.lines).toMatchObject([['warn', 'spillway: 1 of 5 items were not accepted', {}]])
  })

  it('is a 503 with Retry-After when none is confirmed, and is logged once', async () => {
    const to = refusing('a', 'b')
    const logger = memoryLogger()
    const answer = await invoke(api({ to }, logger), bulk([{ id: 'a' }, { id: 1 }, { id: 'b' }]))
    expect(answer).toMatchObject({
      status: 503,
      headers: { 'content-type': 'application/problem+json', 'retry-after': '1' },
      body: {
        code: 'SPILLWAY_SEND_FAILED',
        items: [
          { index: 0, status: 503 },
          { index: 1, status: 422 },
          { index: 2, status: 503 },
        ],
      },
    })
    expect(logger.lines).toHaveLength(1)
  })

  it('is a 503 when the target answers for too few', async () => {
    const to = { ...memoryTarget(), send: async () => [] }
    expect((await invoke(api({ to }), bulk([{ id: 'a' }]))).status).toBe(503)
  })

  it('is a 207 when the target answers for some, and those are accepted', async () => {
    const to = { ...memoryTarget(), send: async () => [{ status: 'accepted' } as const] }
    expect(await invoke(api({ to }), bulk([{ id: 'a' }, { id: 'b' }]))).toMatchObject({
      status: 207,
      body: { items: [{ status: 202 }, { status: 503 }] },
    })
  })

  it('is a 422 when nothing in it is valid: nothing is sent', async () => {
    const to = memoryTarget()
    const answer = await invoke(api({ to }), bulk([{ id: '' }, null, { id: 'x\0' }]))
    expect(answer).toMatchObject({
      status: 422,
      body: {
        code: 'SPILLWAY_BODY_INVALID',
        items: [
          { status: 422, errors: [{ pointer: '#/id' }] },
          { status: 422, errors: [{ pointer: '#' }] },
          { status: 422, code: 'SPILLWAY_TEXT_UNSTORABLE', errors: [{ pointer: '#/id' }] },
        ],
      },
    })
    expect(answer.headers['retry-after']).toBeUndefined()
    expect(to.sent).toStrictEqual([])
  })

  it.each([
    ['an object', { id: 'a' }, {}, 'Send a JSON array of items.'],
    ['nothing', [], {}, 'There are no items.'],
    ['no line', '\n\n', ndjson, 'There are no items.'],
    ['too many', Array(6).fill({ id: 'a' }), {}, 'There are 6 items; at most 5 are accepted at once.'],
  ])('is a 422 as a whole when it is %s', async (_, body, request, detail) => {
    expect(await invoke(api({ to: memoryTarget() }), bulk(body, request))).toMatchObject({
      status: 422,
      body: { code: 'SPILLWAY_ITEMS_INVALID', detail },
    })
  })

  it('is a 400 as a whole when its array is not JSON', async () => {
    expect((await invoke(api({ to: memoryTarget() }), bulk('[{"id":'))).status).toBe(400)
  })

  it('costs an item with a key that no queue carries only itself', async () => {
    const to = memoryTarget()
    expect(await invoke(api({ to }), bulk([{ id: 'x'.repeat(257) }, { id: 'ok' }]))).toMatchObject({
      status: 207,
      body: {
        items: [
          { index: 0, status: 422, code: 'SPILLWAY_KEY_INVALID' },
          { index: 1, status: 202 },
        ],
      },
    })
  })

  it('names keys that reach for the prototype, and they reach nothing', async () => {
    const body = '{"__proto__":{"id":"a"}}\n{"id":"b","constructor":{"prototype":{}}}\n{"id":"c"}'
    expect(await invoke(api({ to: memoryTarget() }), bulk(body, ndjson))).toMatchObject({
      status: 207,
      body: {
        items: [
          { status: 400, detail: 'The body has a forbidden name: __proto__.' },
          { status: 400, detail: 'The body has a forbidden name: constructor.' },
          { status: 202 },
        ],
      },
    })
    expect(({} as { id?: string }).id).toBeUndefined()
  })
})

it('counts items, not lines: blank ones have no index', async () => {
  const answer = await invoke(
    api({ to: memoryTarget() }),
    bulk('\n{"id":"a"}\n  \n{"id":7}\n\n{"id":"b"}\n', ndjson),
  )
  expect(answer).toMatchObject({
    status: 207,
    body: {
      items: [
        { index: 0, id: 'a' },
        { index: 1, status: 422 },
        { index: 2, id: 'b' },
      ],
    },
  })
})

describe('the Idempotency-Key of a bulk request', () => {
  const event = defineMessage({ name: 'event.seen', schema: z.object({ n: z.int() }) })

  it('makes a key for each place, the same whenever it is repeated', async () => {
    const to = memoryTarget()
    const handler = middy()
      .use(problemDetails())
      .use(bulkBodyParser())
      .use(validate({ bodies: event }))
      .use(enqueueMany(event, { to, clock, scope: () => 't7' }))
      .handler(({ valid }) => valid.bodies)
    const headers = { 'content-type': 'application/json', 'idempotency-key': '"k"' }
    const request = bulk([{ n: 1 }, { n: 'x' }, { n: 1 }], { headers })
    await invoke(handler, request)
    await invoke(handler, bulk([{ n: 1 }, { n: 'x' }, { n: 1 }], { headers }))
    expect(to.sent.map(({ key }) => key)).toStrictEqual(['t7:k/0', 't7:k/2', 't7:k/0', 't7:k/2'])
  })
})

describe('keys of a bulk request', () => {
  const event = defineMessage({ name: 'event.seen', schema: z.object({ n: z.int() }) })

  it('are all different, wherever the handler puts bodies of its own', async () => {
    const to = memoryTarget()
    const handler = middy()
      .use(problemDetails())
      .use(bulkBodyParser())
      .use(validate({ bodies: event }))
      .use(enqueueMany(event, { to, clock }))
      .handler(({ valid: { bodies } }) => [
        { n: 100 },
        bodies[0],
        { n: 101 },
        ...bodies,
        bodies[1],
        { n: 102 },
      ])
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'k' }
    const answer = await invoke(handler, bulk([{ n: 1 }, { n: 2 }], { headers }))
    expect(answer.status).toBe(202)
    const keys = to.sent.map(({ key }) => key)
    expect(keys.sort()).toStrictEqual(
      ['k/0', 'k/1', 'k/own/0', 'k/own/1', 'k/own/2', 'k/own/3', 'k/own/4'].sort(),
    )
  })
})

describe('an item that', () => {
  const strict = defineMessage({
    name: 'strict',
    schema: z.object({ id: z.string().transform((text) => decodeURIComponent(text)) }),
    key: (body) => body.id,
  })

  function strictApi(to: MemoryTarget, logger = memoryLogger()) {
    return middy()
      .use(problemDetails({ logger }))
      .use(bulkBodyParser())
      .use(validate({ bodies: strict }))
      .use(enqueueMany(strict, { to, logger }))
      .handler((event) => event.valid.bodies)
  }

  it('makes the schema throw costs only itself, and is logged', async () => {
    const logger = memoryLogger()
    const answer = await invoke(strictApi(memoryTarget(), logger), bulk([{ id: 'a' }, { id: '%' }]))
    expect(answer).toMatchObject({
      status: 207,
      body: { items: [{ status: 202 }, { index: 1, status: 500, code: 'HTTP_500' }] },
    })
    expect(logger.lines).toMatchObject([['warn', 'spillway: 1 of 2 items were not accepted', {}]])
    expect((await invoke(strictApi(memoryTarget()), bulk([{ id: '%' }]))).status).toBe(500)
  })

  it('becomes a key that cannot be stored is refused', async () => {
    const answer = await invoke(strictApi(memoryTarget()), bulk([{ id: 'a%00' }, { id: 'b' }]))
    expect(answer).toMatchObject({ body: { items: [{ status: 422, code: 'SPILLWAY_KEY_INVALID' }, {}] } })
  })

  it('is too large like all the others makes a 413', async () => {
    const to = memoryTarget({
      status: 'rejected',
      code: 'SPILLWAY_BODY_TOO_LARGE',
      detail: 'big',
      retryable: false,
    })
    expect(await invoke(api({ to }), bulk([{ id: 'a' }, { id: 'b' }]))).toMatchObject({
      status: 413,
      body: { code: 'SPILLWAY_BODY_TOO_LARGE' },
    })
  })
})

describe('a hostile bulk request', () => {
  it('of 100,000 lines is refused before they are parsed', async () => {
    const answer = await invoke(api({ to: memoryTarget() }), bulk('x\n'.repeat(100_000), ndjson))
    expect(answer).toMatchObject({
      status: 422,
      body: { detail: 'There are 100000 items; at most 10000 are accepted at once.' },
    })
  })

  it('that is no UTF-8 is refused: different keys would become one', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"id":"'),
      Buffer.from([0xff]),
      Buffer.from('"}\n{"id":"'),
      Buffer.from([0xfe]),
      Buffer.from('"}'),
    ])
    expect(await invoke(api({ to: memoryTarget() }), bulk(bytes, ndjson))).toMatchObject({
      status: 400,
      body: { code: 'SPILLWAY_BODY_MALFORMED', detail: 'The body is not UTF-8.' },
    })
  })

  it('gets an answer that Lambda can carry', async () => {
    const many = defineMessage({ name: 'many', schema: z.object({ a: z.array(z.string()) }) })
    const handler = middy()
      .use(problemDetails({ logger: memoryLogger() }))
      .use(bulkBodyParser())
      .use(validate({ bodies: many }))
      .use(enqueueMany(many, { to: memoryTarget() }))
      .handler((event) => event.valid.bodies)
    const items = Array.from({ length: 1000 }, () => ({ a: Array(100).fill(1) }))
    const answer = await invoke(handler, bulk([...items.slice(1), { a: [] }]))
    expect(answer.status).toBe(207)
    expect(JSON.stringify(answer.body).length).toBeLessThan(500_000)
  })
})

describe("a handler's list", () => {
  function withHandler(to: MemoryTarget, handler: (bodies: readonly { id: string }[]) => unknown) {
    return middy()
      .use(problemDetails({ logger: memoryLogger() }))
      .use(bulkBodyParser())
      .use(validate({ bodies: order }))
      .use(enqueueMany(order, { to, clock }))
      .handler((event) => handler(event.valid.bodies))
  }

  it('may leave items out, and bring its own: those have no place', async () => {
    const to = memoryTarget()
    const handler = withHandler(to, (bodies) => [{ id: 'own' }, ...bodies.filter(({ id }) => id !== 'b')])
    const answer = await invoke(handler, bulk([{ id: 'a' }, { id: 'b' }, { id: 3 }, { id: 'd' }]))
    expect(answer).toMatchObject({
      status: 207,
      body: {
        items: [
          { index: 0, status: 202, id: 'a' },
          { index: 2, status: 422 },
          { index: 3, status: 202, id: 'd' },
          { status: 202, id: 'own' },
        ],
      },
    })
    expect(to.sent.map(({ key }) => key)).toStrictEqual(['own', 'a', 'd'])
  })

  describe('of copies', () => {
    type Note = { id: string; tenant?: string | undefined; tags?: string[] | undefined }
    const schema = z.object({
      id: z.string().min(1),
      tenant: z.string().optional(),
      tags: z.array(z.string()).optional(),
    })
    const keyed = defineMessage({ name: 'keyed', schema, key: ({ tenant = '', id }) => `${tenant}${id}` })
    const own = defineMessage({ name: 'own', schema, key: (body) => body.id })
    const keyless = defineMessage({ name: 'keyless', schema })

    async function itemsOf(
      definition: typeof keyed,
      items: readonly unknown[],
      list: (bodies: readonly Note[]) => readonly Note[],
      fate: SendResult = failed,
    ) {
      const handler = middy()
        .use(problemDetails({ logger: memoryLogger() }))
        .use(bulkBodyParser())
        .use(validate({ bodies: definition }))
        .use(enqueueMany(definition, { to: memoryTarget(fate), clock }))
        .handler((event) => list(event.valid.bodies))
      const headers = { 'content-type': 'application/json', 'idempotency-key': 'k' }
      const { body } = await invoke(handler, bulk(items, { headers }))
      return (body as { items: { index?: number; id?: string; status: number }[] }).items.map(
        ({ index, id, status }) => [index, id, status],
      )
    }
    const three = [{ id: 'a' }, { id: 7 }, { id: 'b' }, { id: 'c' }]

    it('has the places and the keys of the items that were copied', async () => {
      const copy = (bodies: readonly Note[]) => bodies.map((body) => ({ ...body, tenant: 't' }))
      expect(await itemsOf(keyed, three, copy)).toStrictEqual([
        [0, 'ta', 503],
        [1, undefined, 422],
        [2, 'tb', 503],
        [3, 'tc', 503],
      ])
      expect(await itemsOf(keyless, three, copy)).toStrictEqual([
        [0, 'k/0', 503],
        [1, undefined, 422],
        [2, 'k/2', 503],
        [3, 'k/3', 503],
      ])
      expect(await itemsOf(keyless, three, copy, { status: 'accepted' })).toStrictEqual([
        [0, 'k/0', 202],
        [1, undefined, 422],
        [2, 'k/2', 202],
        [3, 'k/3', 202],
      ])
    })

    it('has the place of the item with the same key, in whatever order', async () => {
      const reverse = (bodies: readonly Note[]) => bodies.map((body) => ({ ...body, tenant: 't' })).reverse()
      const items = [
        [0, 'a', 503],
        [1, undefined, 422],
        [2, 'b', 503],
        [3, 'c', 503],
      ]
      expect(await itemsOf(own, three, reverse)).toStrictEqual(items)
      const some = await itemsOf(own, three, (bodies) => reverse(bodies).slice(0, 2))
      expect(some).toStrictEqual([items[1], items[2], items[3]])
    })

    it('has the places of whole copies in order, where some were left out and there is no key', async () => {
      const filter = (bodies: readonly Note[]) =>
        bodies.filter(({ id }) => id !== 'b').map((body) => ({ ...body, tenant: 't' }))
      expect(await itemsOf(keyless, three, filter)).toStrictEqual([
        [0, 'k/0', 503],
        [1, undefined, 422],
        [3, 'k/3', 503],
      ])
      const twice = await itemsOf(keyless, [{ id: 'a' }, { id: 'a' }, { id: 'b' }], (bodies) =>
        bodies.slice(0, 2).map((body) => ({ ...body })),
      )
      expect(twice).toStrictEqual([
        [0, 'k/0', 503],
        [1, 'k/1', 503],
      ])
    })

    it('has no place where none can be known, and gives none away twice', async () => {
      const made = (bodies: readonly Note[]) => [
        { id: 'x' },
        ...bodies.flatMap((body) => [body, { ...body }]),
      ]
      expect(await itemsOf(keyless, [{ id: 'a', tags: ['t'] }], made)).toStrictEqual([
        [0, 'k/0', 503],
        [undefined, 'k/own/0', 503],
        [undefined, 'k/own/1', 503],
      ])
    })

    it('has the key of an item whose group no queue carries', async () => {
      const grouped = defineMessage({ ...keyed, group: () => '' })
      expect(await itemsOf(grouped, [{ id: 'a' }], (bodies) => bodies)).toStrictEqual([[0, 'a', 422]])
    })
  })

  it('may be made of nothing but its own', async () => {
    const to = memoryTarget()
    const handler = middy()
      .use(problemDetails())
      .use(enqueueMany(order, { to, clock }))
      .handler(() => [{ id: 'a' }])
    expect(await invoke(handler, bulk('x'))).toMatchObject({
      status: 202,
      body: { items: [{ status: 202, id: 'a' }] },
    })
  })

  it('may be empty: there is nothing to accept, and nothing is refused', async () => {
    const handler = middy()
      .use(problemDetails())
      .use(enqueueMany(order, { to: memoryTarget(), clock }))
      .handler(() => [])
    expect(await invoke(handler, bulk('x'))).toMatchObject({ status: 200, body: { accepted: 0, items: [] } })
  })

  it.each([undefined, null, { id: 'a' }, [{ id: 7 }], [undefined]])(
    'is a 500 when it is %j: nothing is sent',
    async (list) => {
      const to = memoryTarget()
      expect(
        (
          await invoke(
            withHandler(to, () => list),
            bulk([{ id: 'a' }]),
          )
        ).status,
      ).toBe(500)
      expect(to.sent).toStrictEqual([])
    },
  )
})

it('counts what is accepted, its bytes, and what is rejected', async () => {
  const counts: [string, number, object | undefined][] = []
  const telemetry = {
    count: (...[name, value, attributes]: [string, number, object?]) =>
      void counts.push([name, value, attributes]),
    duration: () => {
      throw new Error('telemetry is broken')
    },
  }
  const to = refusing('b')
  await invoke(api({ to, telemetry }), bulk([{ id: 'a' }, { id: 'b' }, { id: 1 }]))
  const message = { message: 'order.placed' }
  expect(counts).toStrictEqual([
    ['spillway.ingest.accepted', 1, message],
    ['spillway.ingest.bytes', Buffer.byteLength(to.sent[0]?.body ?? ''), message],
    ['spillway.ingest.rejected', 1, { code: 'SPILLWAY_SEND_FAILED', status: 503 }],
    ['spillway.ingest.rejected', 1, { code: 'SPILLWAY_BODY_INVALID', status: 422 }],
  ])
})
