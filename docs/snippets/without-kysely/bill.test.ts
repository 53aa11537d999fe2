import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { invoke } from '@spillway/batch/testing'
import { startQueues } from '@spillway/local/testing'
import { sqsEvent } from '@spillway/sqs/testing'
import { expect, it, onTestFinished, vi } from 'vitest'
import { order } from './message.ts'

// The worker as it is deployed: the SDK's own client, an SQS on this machine, an API over HTTP.

interface Call {
  readonly headers: IncomingHttpHeaders
  readonly body: { readonly order: string; readonly cents: number }
}
type Answer = { readonly status: number; readonly retryAfter?: number } | 'hangs up' | 'says nothing'

const a = { id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10', customer: 'ada', cents: 1250 }
const b = { id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a11', customer: 'alan', cents: 300 }

/** Starts the queues, the worker, and the API, whose answer depends on the order and the number of requests. */
async function start(answer: (order: string, times: number) => Answer) {
  const calls: Call[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = JSON.parse(Buffer.concat(chunks).toString())
    calls.push({ headers: request.headers, body })
    const given = answer(body.order, calls.filter((call) => call.body.order === body.order).length)
    if (given === 'says nothing') return
    if (given === 'hangs up') {
      request.socket.destroy()
      return
    }
    if (given.retryAfter !== undefined) response.setHeader('retry-after', given.retryAfter)
    response.writeHead(given.status).end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const queue = { name: 'orders', visibilityTimeout: 60, deadLetterQueue: 'orders-dlq', maxReceiveCount: 100 }
  const queues = await startQueues({ queues: [queue] })
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await queues.stop()
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
  })
  vi.stubEnv('BILLING_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  vi.stubEnv('QUEUE_URL', queues.queueUrl('orders'))
  vi.stubEnv('DEAD_LETTER_QUEUE_URL', queues.queueUrl('orders-dlq'))
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', queues.endpoint)
  vi.stubEnv('AWS_REGION', queues.region)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local')
  for (const level of ['error', 'warn', 'info'] as const)
    vi.spyOn(console, level).mockImplementation(() => undefined)
  vi.resetModules()
  const { handler } = await import('./bill.ts')
  const parked = async () =>
    (await queues.messages('orders-dlq')).map(({ body, attributes }) => ({
      key: JSON.parse(body).key,
      code: attributes['spillway.code'],
    }))
  return { handler, calls, parked }
}

const failed = (...indexes: readonly number[]) => ({
  batchItemFailures: indexes.map((index) => ({ itemIdentifier: `message-${index}` })),
})

it('bills each order under its key, and parks what the API refuses', async () => {
  const { handler, calls, parked } = await start((id) => ({ status: id === a.id ? 201 : 422 }))
  const event = await sqsEvent(order, [a, b], { queue: 'orders' })
  expect(await invoke(handler, event)).toStrictEqual(failed())
  expect(calls.map(({ body }) => body).sort((one, other) => other.cents - one.cents)).toStrictEqual([
    { order: a.id, cents: 1250 },
    { order: b.id, cents: 300 },
  ])
  for (const { headers, body } of calls) expect(headers['idempotency-key']).toBe(body.order)
  expect(await parked()).toStrictEqual([{ key: b.id, code: 'BILLING_REFUSED' }])
})

it.each<readonly [string, Answer]>([
  ['answers 503', { status: 503 }],
  ['hangs up', 'hangs up'],
])('waits inside the invocation while the API %s', async (_, outage) => {
  const { handler, calls, parked } = await start((_id, times) => (times < 3 ? outage : { status: 201 }))
  const event = await sqsEvent(order, [a], { queue: 'orders' })
  expect(await invoke(handler, event)).toStrictEqual(failed())
  expect(calls.map(({ headers }) => headers['idempotency-key'])).toStrictEqual([a.id, a.id, a.id])
  expect(await parked()).toStrictEqual([])
})

it.each<readonly [string, Answer]>([
  ['is down for longer than the invocation', { status: 503 }],
  ['asks for a later try', { status: 429, retryAfter: 30 }],
  ['fails at an order', { status: 500 }],
  ['does not know who asks', { status: 401 }],
  ['does not answer', 'says nothing'],
])('has an order delivered again where the API %s, and parks nothing', async (_, answer) => {
  const { handler, parked } = await start((id) => (id === a.id ? answer : { status: 201 }))
  const event = await sqsEvent(order, [a, b], { queue: 'orders' })
  expect(await invoke(handler, event, { remainingTime: 2_000 })).toStrictEqual(failed(0))
  expect(await parked()).toStrictEqual([])
})
