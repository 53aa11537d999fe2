import middy from '@middy/core'
import httpCors from '@middy/http-cors'
import { problemDetails } from '@spillway/ingest'
import { albEvent, functionUrlEvent, httpApiEvent, restApiEvent, testContext } from '@spillway/ingest/testing'
import { memoryTarget } from '@spillway/message/testing'
import { describe, expect, it } from 'vitest'
import { accept } from './no-write.ts'

const invoke = (handler: unknown, event: unknown) =>
  (handler as (event: unknown, context: object) => Promise<unknown>)(event, { ...testContext })
const body = { id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10', customer: 'ada', cents: 900 }
const origin = 'https://shop.example'
const headers = { 'content-type': 'application/json', origin }
const kinds = [
  ['HTTP API', httpApiEvent],
  ['REST API', restApiEvent],
  ['Function URL', functionUrlEvent],
  ['ALB', albEvent],
] as const

describe.each(kinds)('a request of a browser, by %s', (_, toEvent) => {
  it('is answered with the headers of CORS, whatever became of it', async () => {
    for (const [request, statusCode] of [
      [body, 202],
      [{ id: 'x' }, 422],
      ['{', 400],
    ] as const) {
      const to = memoryTarget()
      const response = await invoke(accept(to), toEvent({ headers, body: request }))
      expect(response).toMatchObject({ statusCode, headers: { 'Access-Control-Allow-Origin': origin } })
      expect(to.sent).toHaveLength(statusCode === 202 ? 1 : 0)
    }
  })

  it('may be a preflight, which is answered and not enqueued', async () => {
    const to = memoryTarget()
    const preflight = { origin, 'access-control-request-method': 'POST' }
    expect(await invoke(accept(to), toEvent({ method: 'OPTIONS', headers: preflight }))).toMatchObject({
      statusCode: 204,
      headers: {
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Allow-Methods': 'POST',
        'Access-Control-Allow-Headers': 'Content-Type, Idempotency-Key',
      },
    })
    expect(to.sent).toStrictEqual([])
  })
})

it('has errors without the headers of CORS where http-cors comes after problemDetails', async () => {
  const handler = middy()
    .use(problemDetails())
    .use(httpCors({ origins: [origin] }))
    .handler(() => {
      throw Object.assign(new Error('no'), { statusCode: 409, expose: true })
    })
  const { headers: answered } = (await invoke(handler, httpApiEvent({ headers }))) as { headers: object }
  expect(answered).not.toHaveProperty('Access-Control-Allow-Origin')
})

it('answers a ping, and nothing else that is no request', async () => {
  const to = memoryTarget()
  expect(await invoke(accept(to), { source: 'serverless-plugin-warmup' })).toBe('warm')
  const scheduled = { version: '0', source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} }
  await expect(invoke(accept(to), scheduled)).rejects.toMatchObject({ code: 'SPILLWAY_EVENT_FOREIGN' })
  expect(to.sent).toStrictEqual([])
})
