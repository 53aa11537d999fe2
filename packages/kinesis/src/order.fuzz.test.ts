import type { PutFault } from '@spillway/local/testing'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { kinesisTarget } from './index.ts'
import { ample, hasty, startTestStreams, type TestStreams } from './testing/kinesis.ts'

const runs = inject('soak') ? 60 : 25
let streams: TestStreams

beforeAll(async () => {
  const names = Array.from({ length: runs }, (_, run) => ({ name: `order${run}`, shards: 2 }))
  streams = await startTestStreams(names)
})
afterAll(() => streams.stop())

const faults: readonly (PutFault | undefined)[] = [
  undefined,
  undefined,
  undefined,
  { fail: 'call' },
  { fail: 'entries', indexes: [0], code: 'ProvisionedThroughputExceededException' },
  { fail: 'call', status: 400, code: 'AccessDeniedException' },
  { fail: 'reset', stored: false },
  { fail: 'reset', stored: true },
]

it('strict: each partition key is in the stream in the order in which it was sent, whatever fails', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 10 }),
      fc.array(fc.constantFrom(...faults), { maxLength: 20 }),
      fc.integer({ min: 1, max: 3 }),
      async (groups, plan, concurrency) => {
        const name = `order${run++}`
        const next = plan.values()
        streams.onPut = () => next.next().value
        const to = kinesisTarget({
          streamName: name,
          client: streams.client,
          clock: hasty,
          order: 'strict',
          maxAttempts: 2,
          concurrency,
        })
        const messages = groups.map((group, n) => ({ key: `${n}`, group: `g${group}`, body: `${n}` }))
        const results = await to.send(messages, ample())
        const records = streams.engine.records(name)
        for (const group of new Set(messages.map(({ group }) => group))) {
          const sent = messages.filter((message) => message.group === group)
          const statuses = sent.map(({ key }) => results[Number(key)]?.status)
          const confirmed = statuses.indexOf('rejected') === -1 ? sent.length : statuses.indexOf('rejected')
          // Behind the first that was not confirmed nothing is.
          expect(statuses.slice(confirmed)).not.toContain('accepted')
          const inStream = records
            .filter(({ partitionKey }) => partitionKey === group)
            .sort((a, b) => (BigInt(a.sequenceNumber) < BigInt(b.sequenceNumber) ? -1 : 1))
            .map(({ data }) => Buffer.from(data).toString())
          // An answer that was lost leaves a copy beside its own, never one behind a later message.
          expect(inStream).toStrictEqual([...inStream].sort((a, b) => Number(a) - Number(b)))
          const distinct = [...new Set(inStream)]
          const most = sent.slice(0, confirmed + 1).map(({ body }) => body)
          expect(distinct.length).toBeGreaterThanOrEqual(confirmed)
          expect(most.slice(0, distinct.length)).toStrictEqual(distinct)
        }
      },
    ),
    { numRuns: runs, endOnFailure: true },
  )
})
