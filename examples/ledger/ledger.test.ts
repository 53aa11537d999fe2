import { join } from 'node:path'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { type Local, loadApp, startLocal } from '@spillway/local'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest'

// These tests cover the whole path on the local runtime: HTTP gateway, Lambda processes, SQS FIFO, event source
// mapping, Postgres.

/** `npm run test:soak` runs longer variants of these tests. */
const soak = inject('soak')

let local: Local
let sql: pg.Pool

/**
 * Starts the app with a short time-out, so that failed batches are delivered again after seconds instead of a minute.
 */
beforeAll(async () => {
  const { app, folder } = await loadApp(join(import.meta.dirname, 'spillway.config.ts'))
  const functions = app.functions.map((fn) => (fn.name === 'write' ? { ...fn, timeout: 5 } : fn))
  const queues = app.queues.map((queue) => ({ ...queue, visibilityTimeout: 6 }))
  local = await startLocal({ app: { ...app, functions, queues }, folder })
  sql = new pg.Pool({ connectionString: local.database?.url, max: 2 })
  sql.on('error', () => undefined)
})

afterAll(async () => {
  await sql.end()
  await local.stop()
})

interface Transfer {
  readonly id: string
  readonly payer: string
  readonly payee: string
  readonly cents: number
}

const transfer = (payer: string, payee: string, cents: number): Transfer => ({
  id: crypto.randomUUID(),
  payer,
  payee,
  cents,
})

async function send(body: unknown): Promise<number> {
  const response = await fetch(`${local.url}/transfers`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  await response.arrayBuffer()
  return response.status
}

const ask = async (id: string) => (await fetch(`${local.url}/transfers/${id}`)).json()

async function cents(): Promise<Record<string, number>> {
  const { rows } = await sql.query<{ id: string; cents: string }>(
    'select id, cents from accounts order by id',
  )
  return Object.fromEntries(rows.map((row) => [row.id, Number(row.cents)]))
}

async function parked(): Promise<Record<string, string | undefined>> {
  const messages = await local.queues.messages('transfers-dlq.fifo')
  const entries = messages.map(({ body, attributes }) => {
    const key = body.startsWith('{') ? JSON.parse(body).key : body
    return [key, attributes['spillway.code']] as const
  })
  expect(new Set(entries.map(([key]) => key)).size).toBe(entries.length)
  return Object.fromEntries(entries)
}

const untilDrained = () =>
  vi.waitFor(
    async () => {
      const { queues, functions } = await local.state()
      expect(queues['transfers.fifo']).toStrictEqual({ visible: 0, inFlight: 0, delayed: 0 })
      expect(functions.write?.active).toBe(0)
    },
    // Records that failed in an outage are delivered again after the back-off of `batch`, which is up to a minute.
    { timeout: 110_000, interval: 200 },
  )

if (!soak)
  it('moves cents, and parks transfers that cannot be paid, which their status shows', async () => {
    const paid = transfer('ada', 'grace', 60_000)
    const tooMuch = transfer('ada', 'grace', 60_000)
    const unknown = transfer('ada', 'nobody', 1)
    const rest = transfer('ada', 'alan', 40_000)
    for (const one of [paid, tooMuch, unknown, rest]) expect(await send(one)).toBe(202)
    expect(await send(transfer('ada', 'ada', 1))).toBe(422)
    await untilDrained()
    expect(await cents()).toEqual({ ada: 0, alan: 140_000, edsger: 100_000, grace: 160_000 })
    expect(await ask(paid.id)).toEqual({ id: paid.id, status: 'written' })
    expect(await ask(tooMuch.id)).toMatchObject({ status: 'parked', code: 'INSUFFICIENT_FUNDS' })
    expect(await ask(unknown.id)).toMatchObject({ status: 'parked', code: 'ACCOUNT_UNKNOWN' })
    expect(await parked()).toEqual({ [tooMuch.id]: 'INSUFFICIENT_FUNDS', [unknown.id]: 'ACCOUNT_UNKNOWN' })

    // The same key with another body.
    expect(await send({ ...paid, cents: 1 })).toBe(202)
    await untilDrained()
    expect(await parked()).toMatchObject({ [paid.id]: 'SPILLWAY_KEY_CONFLICT' })
    expect((await cents()).grace).toBe(160_000)
  })

it('adds up under faults: each accepted transfer has one effect or one parked copy, in order', async () => {
  const accounts = ['a', 'b', 'c', 'd', 'e', 'f'].slice(0, soak ? 6 : 4)
  const steps = soak ? 25 : 16
  const earlier = await parked()
  const most = '9223372036854775807'
  const opened = accounts.map((id) => `('${id}', 500)`).join()
  await sql.query(`insert into accounts values ${opened}, ('empty', 0), ('full', ${most})`)
  const before = await cents()

  const good = accounts.map((payer, index) =>
    Array.from({ length: steps }, (_, step) => {
      const payee = accounts[(index + 1 + (step % (accounts.length - 1))) % accounts.length] ?? ''
      return transfer(payer, payee, 1 + (step % 7))
    }),
  )
  // The schema accepts these, but the column cannot hold the sum; and the account `empty` has no funds.
  const poison = accounts.map((payer) => transfer(payer, 'full', 1))
  const unpaid = transfer('empty', 'a', 5)
  const expected = new Map([
    ...poison.map(({ id }) => [id, '22003'] as const),
    [unpaid.id, 'INSUFFICIENT_FUNDS'] as const,
    ['no envelope', 'SPILLWAY_ENVELOPE_INVALID'] as const,
  ])

  async function sendInOrder(transfers: readonly Transfer[], refused: Transfer | undefined): Promise<void> {
    for (const [step, one] of transfers.entries()) {
      if (step === 10) expect(await send(refused)).toBe(202)
      expect(await send(one)).toBe(202)
      if (step % 5 === 0) expect(await send(one)).toBe(202)
    }
  }
  const sending = Promise.all([
    ...good.map((transfers, index) => sendInOrder(transfers, poison[index])),
    send(unpaid),
    sendRaw('no envelope', 'a'),
  ])
  for (const round of [1, 2, 3, 4]) {
    await untilWritten((soak ? 15 : 8) * round)
    if (round % 2 === 1) await killOne()
    else await endSessions()
  }
  await sending
  await untilDrained()

  expect(await parked()).toEqual({ ...earlier, ...Object.fromEntries(expected) })
  const { rows } = await sql.query<Transfer>(
    'select id, payer, payee, cents::int from transfers where payer = any($1) order by position',
    [accounts],
  )
  for (const [index, payer] of accounts.entries()) {
    expect(rows.filter((row) => row.payer === payer).map(({ id }) => id)).toEqual(
      good[index]?.map(({ id }) => id),
    )
  }
  const after = { ...before }
  for (const row of rows) {
    after[row.payer] = (after[row.payer] ?? 0) - row.cents
    after[row.payee] = (after[row.payee] ?? 0) + row.cents
  }
  const now = await cents()
  expect(now).toEqual(after)
  for (const account of accounts) expect(now[account]).toBeGreaterThanOrEqual(0)
  const total = (all: Record<string, number>) => accounts.reduce((sum, id) => sum + (all[id] ?? 0), 0)
  expect(total(now)).toBe(total(before))
  expect((await local.state()).database?.peakConnections).toBeLessThanOrEqual(16)
}, 150_000)

async function sendRaw(MessageBody: string, MessageGroupId: string): Promise<void> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const sqs = new SQSClient({ endpoint: local.queues.endpoint, region: local.queues.region, credentials })
  const QueueUrl = local.queues.queueUrl('transfers.fifo')
  const MessageDeduplicationId = crypto.randomUUID()
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId, MessageDeduplicationId }))
  sqs.destroy()
}

async function untilWritten(count: number): Promise<void> {
  await vi.waitFor(
    async () => {
      const { rows } = await sql.query<{ count: number }>('select count(*)::int as count from transfers')
      expect(rows[0]?.count).toBeGreaterThanOrEqual(count)
    },
    { timeout: 30_000, interval: 20 },
  )
}

const soon = { timeout: 10_000, interval: 10 }

/** Kills an environment that runs a batch. */
async function killOne(): Promise<void> {
  const pid = await vi.waitFor(() => {
    const found = local
      .function('write')
      .environments()
      .find(({ state }) => state === 'busy')
    if (found === undefined) throw new Error('no environment is busy')
    return found.pid
  }, soon)
  process.kill(pid, 'SIGKILL')
}

/** Ends all sessions of the functions, even during a transaction. */
async function endSessions(): Promise<void> {
  await vi.waitFor(async () => {
    const { rowCount } = await sql.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'`,
    )
    expect(rowCount).toBeGreaterThan(0)
  }, soon)
}
