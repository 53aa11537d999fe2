import middy from '@middy/core'
import { defineMessage, type StatusSource } from '@spillway/message'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { problemDetails, status, validate } from './index.ts'
import { memoryLogger } from './testing/http.ts'
import { httpApiEvent, invoke, testContext } from './testing.ts'

const order = defineMessage({ name: 'order.placed', schema: z.object({ id: z.uuid() }) })
const id = '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10'

function api(find: StatusSource['find'], logger = memoryLogger()) {
  return middy()
    .use(problemDetails({ logger }))
    .use(validate({ path: z.object({ id: z.uuid() }) }))
    .use(status(order, { source: { find } }))
    .handler((event) => event.valid.path.id)
}

const get = (key: string) =>
  httpApiEvent({ method: 'GET', path: `/orders/${key}`, pathParameters: { id: key } })

describe('the status of a message', () => {
  it('is asked for by name and key, within the time of the request', async () => {
    const asked: unknown[] = []
    const answer = await invoke(
      api(async (name, key, limit) => {
        asked.push([name, key, limit.remainingTime() <= 3000])
        return { status: 'written' }
      }),
      get(id),
    )
    expect(asked).toStrictEqual([['order.placed', id, true]])
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      body: { id, status: 'written' },
    })
    expect(answer.headers['retry-after']).toBeUndefined()
  })

  it('says when to ask again for one that is accepted', async () => {
    const answer = await invoke(
      api(async () => ({ status: 'accepted' })),
      get(id),
    )
    expect(answer).toMatchObject({ headers: { 'retry-after': '1' }, body: { id, status: 'accepted' } })
  })

  it('says why one is parked, and tells nothing of the inside', async () => {
    const reason = {
      code: '23514',
      detail: 'new row violates constraint "secret_check"',
      issues: [{ path: '/total', message: 'Too big' }],
    }
    const at = new Date('2026-01-02T03:04:05.678Z')
    const { body } = await invoke(
      api(async () => ({ status: 'parked', reason, at })),
      get(id),
    )
    expect(body).toStrictEqual({
      id,
      status: 'parked',
      parkedAt: '2026-01-02T03:04:05.678Z',
      code: '23514',
      errors: [{ pointer: '#/total', detail: 'Too big' }],
    })
  })

  it('that cannot be found out is a 503, never a guess', async () => {
    const logger = memoryLogger()
    const answer = await invoke(
      api(async () => {
        throw new Error('connect ECONNREFUSED')
      }, logger),
      get(id),
    )
    expect(answer).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { code: 'SPILLWAY_STATUS_UNAVAILABLE' },
    })
    expect(JSON.stringify(answer)).not.toContain('ECONNREFUSED')
    expect(logger.lines).toHaveLength(1)
  })

  it.each([undefined, { status: 'parked', reason: { code: 'x', detail: 'y' }, at: new Date(Number.NaN) }])(
    'that makes no sense is a 503: %j',
    async (found) => {
      expect(
        (
          await invoke(
            api(async () => found as never),
            get(id),
          )
        ).status,
      ).toBe(503)
    },
  )

  it('is not asked for with an id that is none', async () => {
    const answer = await invoke(
      api(() => expect.unreachable()),
      get('x'),
    )
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ in: 'path', pointer: '#/id' }] } })
  })

  it.each([undefined, null, '', 7])('is a 500 when the handler returns %j', async (key) => {
    const handler = middy()
      .use(problemDetails({ logger: memoryLogger() }))
      .use(status(order, { source: { find: () => expect.unreachable() } }))
      .handler(() => key)
    expect((await invoke(handler, get(id))).status).toBe(500)
  })
})

it.each([[{}], [{ status: 'shipped' }], [null], [undefined]])('is not %o: that is a 503', async (found) => {
  const answer = await invoke(
    api(async () => found as never),
    get(id),
  )
  expect(answer).toMatchObject({ status: 503, body: { code: 'SPILLWAY_STATUS_UNAVAILABLE' } })
})

it('is not waited for longer than the request has time', async () => {
  const context = { ...testContext, getRemainingTimeInMillis: () => 50 }
  const answer = await invoke(
    api(() => new Promise(() => undefined)),
    get(id),
    context,
  )
  expect(answer).toMatchObject({ status: 503, body: { code: 'SPILLWAY_STATUS_UNAVAILABLE' } })
})

it('names what is missing', () => {
  // @ts-expect-error the option is missing on purpose
  expect(() => status(order, {})).toThrow(
    'status: the option `source` is missing; it must be a status source',
  )
})
