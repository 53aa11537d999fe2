import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type QueueEngine, startQueues } from '../queues/index.ts'
import { startEventSource } from './index.ts'
import type { SqsRecord } from './record.ts'
import type { EventSource } from './types.ts'

// An event source mapping on a FIFO queue with a visibility time-out of a second.

let visibilityTimeout: number
const until = { timeout: 15_000, interval: 20 }
const empty = { visible: 0, inFlight: 0, delayed: 0 }

let engine: QueueEngine
let sqs: SQSClient
let source: EventSource | undefined
let batches: string[][]

/** Starts a queue with a visibility time-out in seconds. */
async function open(seconds: number): Promise<void> {
  visibilityTimeout = seconds
  const queue = {
    name: 'ledger.fifo',
    deadLetterQueue: 'ledger-dlq.fifo',
    visibilityTimeout,
    maxReceiveCount: 3,
  }
  engine = await startQueues({ queues: [queue] })
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  sqs = new SQSClient({ endpoint: engine.endpoint, region: engine.region, credentials })
  batches = []
}

async function close(): Promise<void> {
  sqs.destroy()
  await Promise.all([source?.stop(), engine.stop()])
  source = undefined
}

beforeEach(() => open(1))
afterEach(close)

/** Sends each body to the group of its first character. */
async function send(bodies: readonly string[]): Promise<void> {
  for (let first = 0; first < bodies.length; first += 10) {
    const Entries = bodies.slice(first, first + 10).map((MessageBody, index) => {
      const MessageDeduplicationId = MessageBody.slice(0, 3)
      return { Id: String(index), MessageBody, MessageGroupId: MessageBody.charAt(0), MessageDeduplicationId }
    })
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: engine.queueUrl('ledger.fifo'), Entries }))
  }
}

/** Starts a mapping. The handler returns the records that failed. */
function start(
  handler: (records: readonly SqsRecord[]) => readonly SqsRecord[] | Promise<readonly SqsRecord[]>,
  maximumConcurrency = 5,
): EventSource {
  source = startEventSource(
    {
      queueUrl: engine.queueUrl('ledger.fifo'),
      queueArn: engine.queueArn('ledger.fifo'),
      region: engine.region,
      endpoint: engine.endpoint,
      batchSize: 10,
      batchingWindow: 0,
      maximumConcurrency,
      visibilityTimeout,
    },
    {
      function: {
        name: 'write',
        async invoke(event) {
          const { Records } = event as { readonly Records: readonly SqsRecord[] }
          batches.push(Records.map(({ body }) => body.slice(0, 3)))
          const failed = await handler(Records)
          return {
            ok: true,
            payload: { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) },
          }
        },
      },
    },
  )
  return source
}

const isFirst = ({ attributes }: SqsRecord) => attributes.ApproximateReceiveCount === '1'
const untilEmpty = () =>
  vi.waitFor(async () => expect(await engine.depth('ledger.fifo')).toEqual(empty), until)

it('delivers several records of a group at once, and delivers the failed ones again in order', async () => {
  await send(['a1', 'a2', 'a3', 'b1', 'a4'])
  start((records) => records.filter((record) => isFirst(record) && /a[234]/.test(record.body)))
  await untilEmpty()
  expect(batches).toEqual([
    ['a1', 'a2', 'a3', 'a4', 'b1'],
    ['a2', 'a3', 'a4'],
  ])
})

it('runs groups in parallel up to maximumConcurrency, but one invocation per group at a time', async () => {
  const groups = [...'abcdef']
  const bodies = Array.from({ length: 20 }, (_, index) => groups.map((group) => `${group}${index}`)).flat()
  await send(bodies)
  const running: string[] = []
  let most = 0
  let overlaps = 0
  start(async (records) => {
    const mine = new Set(records.map(({ attributes }) => attributes.MessageGroupId ?? ''))
    if (running.some((group) => mine.has(group))) overlaps += 1
    running.push(...mine)
    most = Math.max(most, source?.state().invoking ?? 0)
    await engine.depth('ledger.fifo')
    for (const group of mine) running.splice(running.indexOf(group), 1)
    return []
  }, 2)
  await untilEmpty()
  expect(overlaps).toBe(0)
  expect(most).toBe(2)
  for (const group of groups) {
    const ofGroup = batches.flat().filter((body) => body.startsWith(group))
    expect(ofGroup).toEqual(bodies.filter((body) => body.startsWith(group)))
  }
})

it('does not deliver a carried-over record before earlier records of its group', async () => {
  // On a busy machine five megabytes take longer than a second.
  await close()
  await open(4)
  // Escaped, it is 2 MB of JSON: three fit.
  const large = '"'.repeat(1_000_000)
  for (let index = 0; index < 5; index++) await send([`a${index}${large}`])
  const done: string[] = []
  let invocations = 0
  start((records) => {
    invocations += 1
    if (invocations === 1) return records
    done.push(...records.map(({ body }) => body.slice(0, 2)))
    return []
  })
  await untilEmpty()
  expect(batches[0]).toHaveLength(3)
  expect(done).toEqual(Array.from({ length: 5 }, (_, index) => `a${index}`))
})

it('dead-letters a record that fails too often, and then the next of its group', async () => {
  await send(['a1', 'a2', 'a3'])
  start((records) => (records[0]?.body === 'a1' ? records : []))
  await untilEmpty()
  const dead = (await engine.messages('ledger-dlq.fifo')).map(({ body }) => body)
  expect(batches).toEqual([...Array(3).fill(['a1', 'a2', 'a3'])])
  expect(dead).toEqual(['a1', 'a2', 'a3'])
})
