import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { defineApp } from '@spillway/planner'
import { beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { type Local, startLocal } from './start-local.ts'

const source = `
export const handler = async (event) => {
  if (event.Records) console.log('received ' + event.Records.map((r) => r.attributes.ApproximateReceiveCount))
  else if (event.rawPath === '/hold') await fetch(process.env.GATE)
  return null
}`

/** Starts a server that answers no request until it is opened. */
async function startGate() {
  const held: (() => void)[] = []
  let peak = 0
  const server = createServer((_, response) => {
    held.push(() => response.end())
    peak = Math.max(peak, held.length)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** How many requests wait now. */
    held: () => held.length,
    peak: () => peak,
    open() {
      for (const answer of held.splice(0)) answer()
    },
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

let gate: Awaited<ReturnType<typeof startGate>>
let local: Local
const lines: string[] = []
const request = async (path: string) => (await fetch(`${local.url}${path}`)).status

beforeAll(async () => {
  gate = await startGate()
  const folder = await mkdtemp(join(tmpdir(), 'spillway-reserved-'))
  await writeFile(join(folder, 'handler.js'), source)
  const allowed = defineApp({
    name: 'reserved',
    functions: {
      both: {
        entry: './handler.js',
        http: ['GET /hold', 'GET /pass'],
        queue: 'work',
        maximumConcurrency: 2,
        timeout: 30,
        environment: { GATE: gate.url },
      },
    },
  })
  // The planner rejects a reserved concurrency that a queue and HTTP share (E11); Lambda accepts it.
  const functions = allowed.functions.map((fn) => ({ ...fn, reservedConcurrency: 2 }))
  const app = { ...allowed, functions }
  local = await startLocal({ app, folder }, { onLog: ({ text }) => lines.push(text) })
  return async () => {
    gate.stop()
    await local.stop()
    await rm(folder, { recursive: true, force: true })
  }
})

it('limits the concurrency of HTTP requests, and answers 503 above the limit', async () => {
  const held = [request('/hold'), request('/hold')]
  await vi.waitFor(() => expect(gate.held()).toBe(2), { timeout: 10_000 })
  const more = await Promise.all(Array.from({ length: 20 }, () => request('/hold')))
  expect(more).toStrictEqual(Array(20).fill(503))
  gate.open()
  expect(await Promise.all(held)).toStrictEqual([200, 200])
  expect(await request('/pass')).toBe(200)
  expect(gate.peak()).toBe(2)
  expect(local.function('both').state()).toMatchObject({ invocations: 3, throttles: 20, errors: 0 })
  expect(local.function('both').environments().length).toBeLessThanOrEqual(2)
})

it('retries a throttled batch until the function has capacity, without receiving it again', async () => {
  const { throttles } = local.function('both').state()
  const held = [request('/hold'), request('/hold')]
  await vi.waitFor(() => expect(gate.held()).toBe(2), { timeout: 10_000 })
  const client = new SQSClient({
    endpoint: local.queues.endpoint,
    region: local.queues.region,
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  })
  onTestFinished(() => client.destroy())
  await client.send(new SendMessageCommand({ QueueUrl: local.queues.queueUrl('work'), MessageBody: 'a' }))
  await vi.waitFor(() => expect(local.function('both').state().throttles).toBeGreaterThan(throttles + 1), {
    timeout: 10_000,
  })
  expect(lines).toStrictEqual([])
  gate.open()
  await Promise.all(held)
  await vi.waitFor(() => expect(lines).toStrictEqual(['received 1']), { timeout: 10_000 })
})
