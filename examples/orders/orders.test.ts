import { join } from 'node:path'
import {
  DeleteMessageCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { type Local, loadApp, startLocal } from '@spillway/local'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest'

// These tests cover the whole path on the local runtime: HTTP gateway, Lambda processes, SQS, event source mapping,
// Postgres.

/** `npm run test:soak` runs longer variants of these tests. */
const soak = inject('soak')

let local: Local
let sql: pg.Pool

/** Seconds of the worker: enough to hold records while the server is down. Otherwise they would wait for a retry. */
const timeout = 10

async function start(): Promise<void> {
  const { app, folder } = await loadApp(join(import.meta.dirname, 'spillway.config.ts'))
  const functions = app.functions.map((fn) => (fn.name === 'write' ? { ...fn, timeout } : fn))
  const queues = app.queues.map((queue) => ({ ...queue, visibilityTimeout: timeout + 1 }))
  local = await startLocal({ app: { ...app, functions, queues }, folder })
  sql = new pg.Pool({ connectionString: local.database?.url, max: 2 })
  sql.on('error', () => undefined)
}

/** Sets after how many seconds SQS delivers a record again that a worker has received and not answered for. */
async function redeliverAfter(seconds: number): Promise<void> {
  const sqs = client()
  const Attributes = { VisibilityTimeout: String(seconds) }
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: local.queues.queueUrl('orders'), Attributes }))
  sqs.destroy()
}

function client(): SQSClient {
  const { endpoint, region } = local.queues
  return new SQSClient({ endpoint, region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } })
}

async function stop(): Promise<void> {
  await sql.end()
  await local.stop()
}

/** Removes all orders, messages and parked records. */
async function clear(): Promise<void> {
  await untilDrained()
  const sqs = client()
  await sqs.send(new PurgeQueueCommand({ QueueUrl: local.queues.queueUrl('orders-dlq') }))
  sqs.destroy()
  await sql.query('truncate orders, spillway_parked')
}

const item = { sku: 'tea', quantity: 2, priceCents: 450 }
const order = (change: { note?: string; customer?: string; items?: unknown[] } = {}) => ({
  id: crypto.randomUUID() as string,
  customer: 'ada',
  items: [item],
  ...change,
})

/** The schema accepts it, but its cents exceed the `bigint` of the table. */
const refused = () => order({ items: Array(100).fill({ ...item, quantity: 2 ** 52, priceCents: 2 ** 52 }) })

async function send(body: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${local.url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

/** How many requests run at the same time. Each of them needs a process. */
const atOnce = soak ? 25 : 6

/** Sends all orders, some at a time, and counts the responses by status. */
async function sendAll(bodies: readonly unknown[]): Promise<Record<number, number>> {
  const counts: Record<number, number> = {}
  const next = bodies.values()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const body of next) {
        const { status } = await send(body)
        counts[status] = (counts[status] ?? 0) + 1
      }
    }),
  )
  return counts
}

async function countRows(): Promise<number> {
  const { rows } = await sql.query<{ count: number }>('select count(*)::int as count from orders')
  return rows[0]?.count ?? -1
}

async function parkedIds(): Promise<string[]> {
  return (await local.queues.messages('orders-dlq')).map(({ body }) => JSON.parse(body).key)
}

async function untilDrained(timeout = 50_000): Promise<void> {
  await vi.waitFor(
    async () => {
      const { queues, functions } = await local.state()
      expect(queues.orders).toStrictEqual({ visible: 0, inFlight: 0, delayed: 0 })
      expect(functions.write?.active).toBe(0)
    },
    { timeout, interval: 200 },
  )
}

/** Waits until the functions hold no connection, and starts their peak again. */
async function untilUnused(): Promise<void> {
  await vi.waitFor(() => expect(local.database?.connections()).toBe(0), { timeout: 10_000, interval: 50 })
  local.database?.resetPeak()
}

/** Reads the state of an order; retries while the function is throttled. */
async function ask(id: string): Promise<Record<string, unknown>> {
  return vi.waitFor(
    async () => {
      const response = await fetch(`${local.url}/orders/${id}`)
      expect(response.status).toBe(200)
      return (await response.json()) as Record<string, unknown>
    },
    { timeout: 10_000, interval: 50 },
  )
}

const until = (id: string, status: string) =>
  vi.waitFor(
    async () => {
      const answer = await ask(id)
      expect(answer.status).toBe(status)
      return answer
    },
    { timeout: 30_000, interval: 250 },
  )

/** Sends the copies of the dead-letter queue back unchanged, as AWS's move task does. */
async function redrive(): Promise<void> {
  const { queueUrl } = local.queues
  const sqs = client()
  const from = queueUrl('orders-dlq')
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: from, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
  )
  for (const { Body: MessageBody, MessageAttributes, ReceiptHandle } of Messages) {
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl('orders'), MessageBody, MessageAttributes }))
    await sqs.send(new DeleteMessageCommand({ QueueUrl: from, ReceiptHandle }))
  }
  sqs.destroy()
}

describe('the app', () => {
  beforeAll(() => start())
  beforeEach(clear)
  afterAll(stop)

  if (!soak) {
    describe('an order', () => {
      it('is written from HTTP to Postgres', async () => {
        const body = order({
          note: 'naïve "quoted" \\ {1,2}',
          items: [item, { sku: 'cup', quantity: 1, priceCents: 1 }],
        })
        const before = Date.now()
        expect(await send(body)).toStrictEqual({
          status: 202,
          body: { id: body.id, status: 'accepted', statusUrl: `/orders/${body.id}` },
        })
        await vi.waitFor(async () => expect(await countRows()).toBe(1), { timeout: 15_000, interval: 50 })
        const { rows } = await sql.query('select * from orders')
        expect(rows).toStrictEqual([
          {
            id: body.id,
            customer: 'ada',
            items: body.items,
            total_cents: '901',
            note: body.note,
            placed_at: expect.any(Date),
          },
        ])
        expect(Math.abs(rows[0].placed_at.getTime() - before)).toBeLessThan(5000)
      })

      it('is written once when it is sent five times', async () => {
        const body = order()
        for (let n = 0; n < 4; n++) expect((await send(body)).status).toBe(202)
        await untilDrained()
        expect((await send({ ...body, id: body.id.toUpperCase() })).status).toBe(202)
        await untilDrained()
        expect(await countRows()).toBe(1)
        expect(await parkedIds()).toStrictEqual([])
      })
    })

    describe('an invalid order', () => {
      it('is rejected with the reasons', async () => {
        const post = (body: string, type = 'application/json') =>
          fetch(`${local.url}/orders`, { method: 'POST', headers: { 'content-type': type }, body })
        const answers = await Promise.all([
          post('{"id":'),
          post('{}', 'text/plain'),
          post(JSON.stringify(order({ items: [{ ...item, quantity: 0 }] }))),
          post(JSON.stringify(order({ note: 'x'.repeat(1_100_000) }))),
        ])
        expect(answers.map(({ status }) => status)).toStrictEqual([400, 415, 422, 413])
        for (const { headers } of answers)
          expect(headers.get('content-type')).toBe('application/problem+json')
        expect(await answers[2]?.json()).toMatchObject({
          errors: [{ pointer: '#/items/0/quantity', detail: 'Too small: expected number to be >0' }],
        })
        expect((await fetch(`${local.url}/nowhere`)).status).toBe(404)
        expect((await local.state()).queues.orders).toStrictEqual({ visible: 0, inFlight: 0, delayed: 0 })
      })
    })

    describe('the status of an order', () => {
      it('is at the URL of the 202, and becomes `written`', async () => {
        const body = order()
        const accepted = await fetch(`${local.url}/orders`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
        expect(accepted.status).toBe(202)
        const location = accepted.headers.get('location') ?? ''
        expect(location).toBe(`/orders/${body.id}`)
        expect(accepted.headers.get('link')).toBe(`</orders/${body.id}>; rel="monitor"`)
        const first = await fetch(new URL(location, local.url))
        expect(first.status).toBe(200)
        expect(await first.json()).toStrictEqual({
          id: body.id,
          status: expect.stringMatching(/^(accepted|written)$/),
        })
        expect(await until(body.id, 'written')).toStrictEqual({ id: body.id, status: 'written' })
        expect(await countRows()).toBe(1)
        expect(await ask(body.id.toUpperCase())).toStrictEqual({ id: body.id, status: 'written' })
      })

      it('becomes `parked` with the SQLSTATE when the database rejects it, and `written` after a redrive', async () => {
        const body = refused()
        const before = Date.now()
        expect((await send(body)).status).toBe(202)
        const answer = await until(body.id, 'parked')
        expect(answer).toStrictEqual({
          id: body.id,
          status: 'parked',
          code: '22003',
          parkedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        })
        expect(Math.abs(Date.parse(String(answer.parkedAt)) - before)).toBeLessThan(30_000)
        await vi.waitFor(async () => expect(await parkedIds()).toStrictEqual([body.id]), { timeout: 15_000 })
        await sql.query('alter table orders alter column total_cents type numeric')
        await redrive()
        expect(await until(body.id, 'written')).toStrictEqual({ id: body.id, status: 'written' })
        await clear()
        await sql.query('alter table orders alter column total_cents type bigint')
      })

      it('is `accepted` for an unknown id, and a problem for an invalid one', async () => {
        const unknown = crypto.randomUUID()
        expect(await ask(unknown)).toStrictEqual({ id: unknown, status: 'accepted' })
        const malformed = await fetch(`${local.url}/orders/12`)
        expect(malformed.status).toBe(422)
        expect(malformed.headers.get('content-type')).toBe('application/problem+json')
        expect(await malformed.json()).toMatchObject({ code: 'SPILLWAY_REQUEST_INVALID' })
      })

      it('uses no more connections than its share, even for many requests while orders are written', async () => {
        const orders = Array.from({ length: 80 }, () => order())
        const asking = Promise.all(
          orders.slice(0, 30).map(async ({ id }) => (await fetch(`${local.url}/orders/${id}`)).status),
        )
        expect(await sendAll(orders)).toStrictEqual({ 202: 80 })
        const statuses = new Set(await asking)
        expect(statuses).toContain(200)
        expect(statuses).toContain(503)
        expect(statuses.size).toBe(2)
        await untilDrained()
        expect(await countRows()).toBe(80)
        for (const { id } of orders.slice(0, 10)) expect((await ask(id)).status).toBe('written')
        const { database, functions } = await local.state()
        expect(functions.status?.throttles).toBeGreaterThan(0)
        expect(functions.status?.errors).toBe(0)
        expect(functions.status?.environments).toBeLessThanOrEqual(4)
        expect(database?.peakConnections).toBeLessThanOrEqual(8 + 4)
      })
    })

    describe('a bulk request', () => {
      it('has a result for each item, and the accepted ones are written', async () => {
        const orders = Array.from({ length: 25 }, () => order())
        const lines = [...orders.map((one) => JSON.stringify(one)), '{"id":', JSON.stringify({ id: 7 })]
        const response = await fetch(`${local.url}/orders/bulk`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-ndjson' },
          body: lines.join('\n'),
        })
        expect(response.status).toBe(207)
        expect(await response.json()).toMatchObject({
          accepted: 25,
          rejected: 2,
          items: [
            ...orders.map(({ id }, index) => ({ index, status: 202, id, statusUrl: `/orders/${id}` })),
            { index: 25, status: 400, code: 'SPILLWAY_BODY_MALFORMED' },
            { index: 26, status: 422, code: 'SPILLWAY_BODY_INVALID' },
          ],
        })
        await untilDrained()
        expect(await countRows()).toBe(25)
      })
    })

    it('a worker that is killed with -9 during a batch loses nothing and writes nothing twice', async () => {
      const { errors } = (await local.state()).functions.write ?? {}
      await redeliverAfter(6)
      // The worker waits for this lock with a batch in flight.
      const locker = await sql.connect()
      await locker.query('begin; lock table orders in exclusive mode')
      const orders = Array.from({ length: 80 }, () => order())
      expect(await sendAll(orders)).toStrictEqual({ 202: 80 })
      const busy = await vi.waitFor(
        () => {
          const found = local
            .function('write')
            .environments()
            .filter(({ state }) => state === 'busy')
          expect(found.length).toBeGreaterThan(0)
          return found
        },
        { timeout: 10_000, interval: 20 },
      )
      for (const { pid } of busy) process.kill(pid, 'SIGKILL')
      const environments = () => local.function('write').environments()
      await expect.poll(() => environments().map(({ pid }) => pid)).not.toContain(busy[0]?.pid)
      await locker.query('rollback')
      locker.release()
      await untilDrained()
      await redeliverAfter(timeout + 1)
      expect(await countRows()).toBe(80)
      expect(await parkedIds()).toStrictEqual([])
      expect((await local.state()).functions.write?.errors).toBeGreaterThan(errors ?? 0)
    })
  }

  it('many orders, with duplicates, rejected and invalid ones, are all accounted for, within the budget', async () => {
    await untilUnused()
    const count = soak ? 980 : 130
    const good = Array.from({ length: count }, () => order())
    const poison = Array.from({ length: 5 }, refused)
    const invalid = Array.from({ length: 5 }, () => order({ customer: '' }))
    const bodies = [...good, ...good.slice(0, 10), ...poison, ...invalid].sort(() => Math.random() - 0.5)
    expect(await sendAll(bodies)).toStrictEqual({ 202: count + 15, 422: 5 })
    await untilDrained()
    expect(await countRows()).toBe(count)
    expect((await parkedIds()).sort()).toStrictEqual(poison.map(({ id }) => id).sort())
    const reasons = (await local.queues.messages('orders-dlq')).map(
      ({ attributes }) => attributes['spillway.code'],
    )
    expect(new Set(reasons)).toStrictEqual(new Set(['22003']))
    const { rows } = await sql.query<{ key: string }>('select key from spillway_parked order by key')
    expect(rows.map(({ key }) => key)).toStrictEqual(poison.map(({ id }) => id).sort())
    const { database } = await local.state()
    expect(database?.peakConnections).toBeGreaterThan(0)
    expect(database?.peakConnections).toBeLessThanOrEqual(8)
    expect(database?.budget).toBe(16)
  })

  it.each(soak ? (['restart', 'crash'] as const) : (['crash'] as const))(
    'a %s of Postgres during the run loses nothing and writes nothing twice',
    async (fault) => {
      const count = soak ? 600 : 150
      const orders = Array.from({ length: count }, () => order())
      const sending = sendAll(orders.slice(0, count / 2))
      await vi.waitFor(async () => expect(await countRows()).toBeGreaterThan(0), {
        timeout: 20_000,
        interval: 20,
      })
      // These arrive while the server is down.
      const sendingMore = sendAll(orders.slice(count / 2))
      if (fault === 'restart') await local.database?.restart('immediate')
      else {
        await local.database?.crash()
        await local.database?.start()
      }
      expect([await sending, await sendingMore]).toStrictEqual([{ 202: count / 2 }, { 202: count / 2 }])
      // Records that failed in the outage are delivered again after the back-off of `batch`, which is up to a minute.
      await untilDrained(110_000)
      expect(await countRows()).toBe(count)
      expect(await parkedIds()).toStrictEqual([])
    },
    150_000,
  )
})
