import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { defineMessage, type EncodedMessage, type SendResult } from '@spillway/message'
import * as fc from 'fast-check'
import { expect, inject, it } from 'vitest'
import * as z from 'zod'
import { anyText } from '../../message/src/testing/any-text.ts'
import {
  bodyLimit,
  bulkBodyParser,
  enqueue,
  enqueueMany,
  type HttpEvent,
  type ItemAnswer,
  problemDetails,
  validate,
} from './index.ts'
import { memoryLogger } from './testing/http.ts'
import {
  albEvent,
  functionUrlEvent,
  httpApiEvent,
  invoke,
  restApiEvent,
  type TestRequest,
} from './testing.ts'

// The seed of a short run is one that meets each answer.
const runs = inject('soak') ? { numRuns: 5000 } : { numRuns: 400, seed: 2 }
const keyed = defineMessage({
  name: 'order.placed',
  schema: z.object({ id: z.string().max(300), note: z.json().optional() }),
  key: (body) => body.id,
})
const keyless = defineMessage({ name: 'event.seen', schema: z.looseObject({ id: z.string() }) })

const json = fc.oneof(
  fc.jsonValue(),
  fc.record({ id: anyText(), note: fc.jsonValue() }),
  fc.record({ id: fc.constantFrom('a', 'b', '\0', '\uD800', '\uFFFF', 'x'.repeat(257)) }),
)
const text = fc.oneof(
  anyText(),
  json.map((value) => JSON.stringify(value)),
  fc.array(json, { maxLength: 12 }).map((list) => JSON.stringify(list)),
  fc.array(json, { maxLength: 12 }).map((list) => list.map((item) => JSON.stringify(item)).join('\n')),
  fc.nat(200).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.constantFrom(
    JSON.stringify('x'.repeat(3000)),
    '{"__proto__":{"id":"a"}}',
    '{"constructor":{"prototype":{}}}',
    '',
    'null',
    '[]',
    '"',
  ),
)
const body = fc.oneof(
  text,
  text.map((value) => Buffer.from(value)),
  fc.uint8Array(),
  fc.constant(undefined),
)

const headers = fc
  .record(
    {
      type: fc.constantFrom(
        'application/json',
        'application/json; charset=utf-8',
        'application/x-ndjson',
        'text/plain',
        'json',
        '',
      ),
      key: fc.oneof(fc.constantFrom('"k"', 'k', '"', 'a,b'), anyText()),
      encoding: fc.constantFrom('identity', 'gzip'),
      more: fc.dictionary(anyText(), anyText()),
    },
    { requiredKeys: [] },
  )
  .map(({ type, key, encoding, more }) => ({
    ...more,
    ...(type !== undefined && { 'Content-Type': type }),
    ...(key !== undefined && { 'idempotency-key': key }),
    ...(encoding !== undefined && { 'content-encoding': encoding }),
  }))

/** One that would be accepted. */
const sound: fc.Arbitrary<TestRequest> = fc.record({
  path: fc.constant('/orders/7'),
  query: fc.constantFrom('', 'limit=5'),
  headers: fc.constantFrom(
    { 'content-type': 'application/json' },
    { 'CONTENT-TYPE': 'application/vnd.api+json', 'idempotency-key': '"k"' },
  ),
  body: fc
    .record({ id: fc.string({ minLength: 1, maxLength: 9 }), note: fc.jsonValue({ maxDepth: 3 }) })
    .map((value) => JSON.stringify(value)),
})

const wild: fc.Arbitrary<TestRequest> = fc.record({
  path: fc.oneof(fc.constantFrom('/orders/7', '/orders/%E0%A4%A', '/', '//'), fc.webPath()),
  query: fc.oneof(
    fc.constantFrom('', 'limit=5', 'limit=x&limit=5', '%', '__proto__=1'),
    fc.webQueryParameters(),
  ),
  headers,
  body,
})
/** A sound one, a sound one with one part gone wild, or a wild one. */
const request = fc.oneof(
  sound,
  fc
    .tuple(sound, wild, fc.constantFrom('path', 'query', 'headers', 'body'))
    .map(([one, other, part]) => ({ ...one, [part]: other[part as keyof TestRequest] })),
  wild,
)
const event = fc
  .tuple(
    request,
    fc.constantFrom(httpApiEvent, functionUrlEvent, restApiEvent, albEvent, (one: TestRequest) =>
      albEvent(one, { multiValueHeaders: true }),
    ),
  )
  .map(([one, toEvent]) => toEvent(one))
  .chain((one) =>
    // Now and then something is missing that is mostly there, or null.
    fc
      .option(fc.tuple(fc.constantFrom(...Object.keys(one)), fc.constantFrom(null, undefined)), { freq: 9 })
      .map((change) => (change === null ? one : ({ ...one, [change[0]]: change[1] } as HttpEvent))),
  )

const fate = fc.constantFrom<SendResult | undefined>(
  { status: 'accepted' },
  { status: 'rejected', code: 'InternalError', detail: 'x', retryable: true },
  { status: 'rejected', code: 'AccessDenied', detail: 'x', retryable: false },
  { status: 'rejected', code: 'SPILLWAY_BODY_TOO_LARGE', detail: 'x', retryable: false },
  undefined,
)

/** A target that deals out fates in turn and keeps the messages that it confirms. */
function dealing(fates: readonly (SendResult | undefined)[]) {
  const queue: EncodedMessage[] = []
  let next = 0
  return {
    queue,
    async send(messages: readonly EncodedMessage[]) {
      return messages.map((message) => {
        const result = fates[next++ % fates.length]
        if (result?.status === 'accepted') queue.push(message)
        return result as SendResult
      })
    },
  }
}

const logger = memoryLogger()
const parts = {
  query: z.looseObject({ limit: z.union([z.string(), z.array(z.string())]).optional() }),
  headers: z.looseObject({}),
}

it('gives any event of the four kinds a documented answer, and a 202 for what is in the queue alone', async () => {
  const statuses = new Set<number>()
  await fc.assert(
    fc.asyncProperty(event, fate, fc.boolean(), async (one: HttpEvent, result, own) => {
      const to = dealing([result])
      const definition = own ? keyed : keyless
      const handler = middy()
        .use(problemDetails({ logger }))
        .use(bodyLimit({ maxBytes: 2000, maxDepth: 20 }))
        .use(httpJsonBodyParser())
        .use(
          validate({ body: definition, ...parts, path: z.object({ id: z.string() }), route: '/orders/{id}' }),
        )
        .use(enqueue(definition, { to, statusUrl: (id) => `/orders/${id}`, scope: () => 't' }))
        .handler((event) => event.valid.body)
      const answer = await invoke(handler, one)
      statuses.add(answer.status)
      expect([202, 400, 404, 413, 415, 422, 503]).toContain(answer.status)
      expect(to.queue).toHaveLength(answer.status === 202 ? 1 : 0)
      if (answer.status === 202) {
        expect(answer.headers.location).toMatch(/^\/orders\/[!-~]+$/)
        expect((answer.body as { id: string }).id).toBe(to.queue[0]?.key)
      } else {
        expect(answer.body).toMatchObject({
          status: answer.status,
          code: expect.stringMatching(/^SPILLWAY_/),
        })
      }
      if (answer.status === 503) expect(answer.headers['retry-after']).toMatch(/^\d+$/)
      expect(({} as { id?: string }).id).toBeUndefined()
    }),
    runs,
  )
  // The inputs are such that each answer comes up: the property is not held by refusing everything.
  expect([...statuses].sort()).toStrictEqual([202, 400, 404, 413, 415, 422, 503])
})

it('gives each item of any bulk body the answer of its own, and a 202 for what is in the queue alone', async () => {
  const statuses = new Set<number>()
  await fc.assert(
    fc.asyncProperty(event, fc.array(fate, { minLength: 1, maxLength: 5 }), async (one, fates) => {
      const to = dealing(fates)
      const handler = middy()
        .use(problemDetails({ logger }))
        .use(bodyLimit({ maxBytes: 2000, maxDepth: 20 }))
        .use(bulkBodyParser())
        .use(validate({ bodies: keyed, maxItems: 10, ...parts }))
        .use(enqueueMany(keyed, { to, logger }))
        .handler((event) => event.valid.bodies)
      const answer = await invoke(handler, one)
      statuses.add(answer.status)
      expect([202, 207, 400, 413, 415, 422, 503]).toContain(answer.status)
      const { items = [] } = answer.body as { items?: readonly ItemAnswer[] }
      for (const { status } of items) expect([202, 400, 413, 422, 503]).toContain(status)
      const accepted = items.filter(({ status }) => status === 202)
      expect(accepted.map(({ id }) => id)).toStrictEqual(to.queue.map(({ key }) => key))
      expect(items.map(({ index }) => index)).toStrictEqual(items.map((_, index) => index))
      if (answer.status === 202) expect(accepted).toHaveLength(items.length)
      if (answer.status === 207) expect(accepted.length).toBeGreaterThan(0)
      if (![202, 207].includes(answer.status)) expect(accepted).toHaveLength(0)
      if (answer.status === 503) expect(answer.headers['retry-after']).toMatch(/^\d+$/)
    }),
    runs,
  )
  expect([...statuses].sort()).toStrictEqual([202, 207, 400, 413, 415, 422, 503])
})
