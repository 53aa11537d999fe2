import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { SendResult } from '@spillway/message'
import { afterEach, describe, expect, it } from 'vitest'
import { coalesce } from './coalesce.ts'
import { type SqsTargetOptions, sqsTarget } from './index.ts'

/** A queue that takes its time for each request, behind the SDK's own client and its sockets. */
let server: Server
let client: SQSClient
let requests = 0
let open = 0
let peak = 0
let stored: string[] = []

async function start(latency: number, options: Partial<SqsTargetOptions>) {
  requests = open = peak = 0
  stored = []
  server = createServer(async (request, response) => {
    const { Entries } = (await json(request)) as { Entries: { Id: string; MessageBody: string }[] }
    requests++
    peak = Math.max(peak, ++open)
    setTimeout(() => {
      open--
      stored.push(...Entries.map(({ MessageBody }) => MessageBody))
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' })
      response.end(JSON.stringify({ Successful: Entries.map(({ Id }) => ({ Id, MessageId: 'm' })) }))
    }, latency)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const credentials = { accessKeyId: 'x', secretAccessKey: 'y' }
  client = new SQSClient({ endpoint, region: 'us-east-1', maxAttempts: 1, credentials, md5: false })
  return sqsTarget({ queueUrl: `${endpoint}/1/q`, client, ...options })
}
afterEach(() => {
  client.destroy()
  server.closeAllConnections()
  server.close()
})

/** Calls of some messages each, all at once, each with so much time. */
async function call(target: ReturnType<typeof sqsTarget>, calls: number, size: number, time: number) {
  const end = performance.now() + time
  const limit = { signal: new AbortController().signal, remainingTime: () => end - performance.now() }
  const results = await Promise.all(
    Array.from({ length: calls }, (_, n) =>
      target.send(
        Array.from({ length: size }, (_, m) => ({ key: `${n}.${m}`, body: `${n}.${m}` })),
        limit,
      ),
    ),
  )
  return results.flat()
}

const accepted = (results: readonly SendResult[]) =>
  results.filter(({ status }) => status === 'accepted').length

describe('a queue that takes its time for each request', () => {
  it.each([
    ['calls that share requests', { coalesce: coalesce({ when: 'always' }) }, 600, 1],
    ['calls by themselves', {}, 60, 10],
  ])('takes all of hundreds of messages once: %s', async (_, options, calls, size) => {
    const target = await start(200, { concurrency: 10, ...options })
    const results = await call(target, calls, size, 60_000)
    expect(accepted(results)).toBe(600)
    expect(new Set(stored).size).toBe(600)
    expect([stored.length, requests, peak]).toStrictEqual([600, 60, 10])
  })

  it.each([true, false])('is not sent what there is no time for (coalesced: %s)', async (coalesced) => {
    const target = await start(1000, {
      concurrency: 2,
      ...(coalesced && { coalesce: coalesce({ when: 'always' }) }),
    })
    const results = await call(target, coalesced ? 100 : 10, coalesced ? 1 : 10, 1800)
    // Two requests are answered, and two more may be under way when the time is over.
    await expect.poll(() => open).toBe(0)
    expect(requests).toBeLessThanOrEqual(4)
    expect([peak, stored.length, new Set(stored).size]).toStrictEqual([2, 10 * requests, 10 * requests])
    expect(accepted(results)).toBeLessThanOrEqual(stored.length)
    for (const result of results) {
      if (result.status === 'rejected') expect(result).toMatchObject({ retryable: true })
    }
  })
})
