import type { Clock } from '@spillway/message/internal'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { kinesisTarget } from './index.ts'
import { ample, startTestStreams, type TestStreams } from './testing/kinesis.ts'

// A shard takes 1,000 records a second; the embedded Kinesis refuses more, record by record, as the service does.

let streams: TestStreams
/** The waits of the target, which are the only time that passes. */
let waits: number[]
const clock: Clock = {
  now: () => 0,
  async sleep(ms) {
    waits.push(ms)
    streams.skip(ms)
  },
}
const messages = Array.from({ length: 1500 }, (_, n) => ({ key: `k${n}`, body: `${n}` }))

beforeAll(async () => {
  const names = ['patient', 'hasty'].map((name) => ({ name, shards: 1 }))
  streams = await startTestStreams(names, { limited: true })
})
afterAll(() => streams.stop())
beforeEach(() => {
  waits = []
})

it('sends 1,500 records to a shard that takes 1,000 a second: later, and each of them once', async () => {
  const { client } = streams
  const to = kinesisTarget({ streamName: 'patient', client, clock, random: () => 0.99, maxAttempts: 6 })
  expect(await to.send(messages, ample())).toStrictEqual(new Array(1500).fill({ status: 'accepted' }))
  // A throttle gets longer waits than other failures, which begin with 50 ms.
  expect(Math.min(...waits)).toBeGreaterThan(300)
  expect([...streams.texts('patient')].sort()).toStrictEqual(messages.map(({ body }) => body).sort())
})

it('says that it was throttled when there are no attempts left', async () => {
  const to = kinesisTarget({ streamName: 'hasty', client: streams.client, clock, maxAttempts: 1 })
  const refused = (await to.send(messages, ample())).filter(({ status }) => status === 'rejected')
  expect(refused).toHaveLength(500)
  for (const result of refused) {
    expect(result).toMatchObject({ code: 'ProvisionedThroughputExceededException', retryable: true })
  }
  expect(waits).toStrictEqual([])
})
