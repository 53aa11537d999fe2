import { getEventListeners } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TimeLimit } from '@spillway/message'
import { createDeadline } from '@spillway/transport'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { sqsTarget } from './index.ts'
import { clientOf, configureSdk } from './testing/sqs.ts'

// What a queue that takes requests and answers none does to a target, with its own client and with a given one.

let silent: Server
let port = 0

beforeAll(async () => {
  silent = createServer()
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  port = (silent.address() as AddressInfo).port
})
afterAll(() => {
  silent.closeAllConnections()
  silent.close()
})

function targetWith(whose: 'own' | 'given') {
  const queues = { endpoint: `http://127.0.0.1:${port}`, region: 'eu-west-1' }
  configureSdk(queues)
  const queueUrl = `${queues.endpoint}/000000000000/q`
  const client = clientOf(queues)
  onTestFinished(() => client.destroy())
  return sqsTarget({ queueUrl, ...(whose === 'given' && { client }) })
}

/** When the next connection of a client ends. */
const nextClosed = () =>
  new Promise<void>((resolve) => {
    silent.once('request', ({ socket }) => socket.once('close', () => resolve()))
  })

function byTime(ms: number): TimeLimit {
  const end = performance.now() + ms
  return createDeadline({ remainingTime: () => end - performance.now() })
}

function bySignal(ms: number): TimeLimit {
  return { signal: AbortSignal.timeout(ms), remainingTime: () => 60_000 }
}

describe.each(['own', 'given'] as const)('the %s client of a target', (whose) => {
  it.each<[string, (ms: number) => TimeLimit, number]>([
    ['the time of its call is over', byTime, 1000],
    ['its call is aborted', bySignal, 300],
  ])('leaves a queue that does not answer when %s', async (_, limitOf, ms) => {
    const closed = nextClosed()
    const startedAt = performance.now()
    const results = await targetWith(whose).send([{ key: 'k', body: '{}' }], limitOf(ms))
    expect(results).toMatchObject([{ status: 'rejected', retryable: true }])
    expect(performance.now() - startedAt).toBeLessThan(2500)
    await closed
  })
})

it('does not wait for a client that heeds no signal, which holds no place of the others then', async () => {
  const deaf = { send: () => new Promise<never>(() => undefined) }
  const target = sqsTarget({ queueUrl: 'https://sqs/1/q', client: deaf, concurrency: 1 })
  const send = () => target.send([{ key: 'k', body: '{}' }], byTime(400))
  for (const turn of [send, send]) {
    expect(await turn()).toMatchObject([{ code: 'TimeoutError', retryable: true }])
  }
})

it('leaves no listener on the signal of a call', async () => {
  const { signal } = new AbortController()
  const remaining = byTime(600)
  await targetWith('own').send([{ key: 'k', body: '{}' }], {
    signal,
    remainingTime: () => remaining.remainingTime(),
  })
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})
