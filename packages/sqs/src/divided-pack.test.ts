import type { EncodedMessage, SendResult } from '@spillway/message'
import { describe, expect, it } from 'vitest'
import { type SqsClient, type SqsTargetOptions, sqsTarget } from './index.ts'
import { entriesOf } from './testing/sqs.ts'

// SQS answers some faults of one entry for the whole request. These requests never leave the process.

const invalid = Object.assign(new Error('no'), { name: 'InvalidParameterValue', $fault: 'client' })
const away = Object.assign(new Error('no'), { name: 'ServiceUnavailable', $fault: 'server' })

/** Ten messages of which the fourth is bad. */
const ten = Array.from(
  { length: 10 },
  (_, n): EncodedMessage => ({ key: `k${n}`, body: n === 3 ? 'bad' : `n${n}` }),
)

/** Sends them to a queue that takes `latency` to answer, in `time`. */
async function send(
  answer: (bodies: readonly string[], request: number) => Error | undefined,
  {
    time = 60_000,
    latency = 0,
    ...options
  }: Partial<SqsTargetOptions> & { time?: number; latency?: number } = {},
) {
  let now = 0
  const requests: string[][] = []
  const client = {
    async send(command: Parameters<typeof entriesOf>[0]) {
      const entries = entriesOf(command)
      const bodies = entries.map(({ MessageBody = '' }) => MessageBody)
      requests.push(bodies)
      now += latency
      const error = answer(bodies, requests.length)
      if (error !== undefined) throw error
      return { MessageId: 'm', Successful: entries.map(({ Id }) => ({ Id, MessageId: 'm' })) }
    },
  } as unknown as SqsClient
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms
    },
  }
  const target = sqsTarget({
    queueUrl: 'https://sqs/q',
    client,
    clock,
    random: () => 0,
    ...options,
  })
  const results = await target.send(ten, {
    signal: new AbortController().signal,
    remainingTime: () => time - now,
  })
  return { requests, results }
}

const others = (results: readonly SendResult[]) => results.filter((_, index) => index !== 3)
const accepted = new Array(9).fill({ status: 'accepted' })

describe('a request that is refused for one of its messages', () => {
  it('is divided until it is found', async () => {
    const { results, requests } = await send((bodies) => (bodies.includes('bad') ? invalid : undefined))
    expect(results[3]).toMatchObject({ code: 'InvalidParameterValue', retryable: false })
    expect(others(results)).toStrictEqual(accepted)
    expect(requests.length).toBeLessThanOrEqual(9)
  })

  it.each([400, 700, 1000, 1500, 2000])(
    'is no fault of the others when %i ms are not enough to find it',
    async (time) => {
      const answer = (bodies: readonly string[]) => (bodies.includes('bad') ? invalid : undefined)
      const { results } = await send(answer, { time, latency: 400 })
      for (const result of others(results)) {
        if (result.status === 'rejected')
          expect(result).toMatchObject({ code: 'SPILLWAY_SEND_FAILED', retryable: true })
      }
      // Refused for good is only what was sent alone.
      if (time < 2000) expect(results[3]).toMatchObject({ code: 'SPILLWAY_SEND_FAILED', retryable: true })
    },
  )

  it('stays divided when it is sent again', async () => {
    // The halves meet a server that is away; then all goes well, but for the bad one.
    const { results, requests } = await send((bodies, request) => {
      if (request === 2 || request === 3) return away
      return bodies.includes('bad') ? invalid : undefined
    })
    expect(others(results)).toStrictEqual(accepted)
    expect(requests.slice(0, 4).map((bodies) => bodies.length)).toStrictEqual([10, 5, 5, 5])
  })

  it('does not cost more than 32 requests, whatever comes', async () => {
    const stubborn = (bodies: readonly string[]) =>
      bodies.length > 1 || bodies[0] === 'bad' ? invalid : away
    const { results, requests } = await send(stubborn, { maxAttempts: 10 })
    expect(requests).toHaveLength(32)
    expect(results[3]).toMatchObject({ retryable: false })
    for (const result of others(results))
      expect(result).toMatchObject({ code: 'ServiceUnavailable', retryable: true })
  })
})
