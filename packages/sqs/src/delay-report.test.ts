import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs'
import middy from '@middy/core'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import { defineMessage } from '@spillway/message'
import type { Context } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { SqsClient } from './client.ts'
import { sqsSource } from './index.ts'
import { ample, clientOf } from './testing/sqs.ts'
import { sqsEvent } from './testing.ts'

let queues: QueueEngine
let client: SQSClient

beforeAll(async () => {
  queues = await startQueues({
    queues: [
      { name: 'orders', visibilityTimeout: 60, deadLetterQueue: 'orders-dlq', maxReceiveCount: 10 },
      { name: 'endless', visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 },
    ],
  })
  client = clientOf(queues)
})
afterAll(async () => {
  client.destroy()
  await queues.stop()
})

const order = defineMessage({ name: 'order', schema: z.object({ id: z.string() }), key: ({ id }) => id })

const accessDenied = () =>
  Object.assign(new Error('User is not authorized to perform: sqs:changemessagevisibility'), {
    name: 'AccessDenied',
    $metadata: { httpStatusCode: 403 },
  })

/** The SDK's client, of which one command meets a fault. */
function without(
  fault: () => Promise<unknown>,
  others = (command: unknown) => client.send(command as never),
) {
  const send = (command: unknown) =>
    command instanceof ChangeMessageVisibilityBatchCommand ? fault() : others(command)
  return { send: send as SqsClient['send'] }
}

/** The lines of a source that puts off a record in each of some batches. */
async function linesOf(faulty: SqsClient, { queue = 'orders', batches = 1, limit = ample() } = {}) {
  const lines: [level: string, message: string, fields: Readonly<Record<string, unknown>>][] = []
  const note =
    (level: string) =>
    (message: string, fields: object = {}) =>
      void lines.push([level, message, { ...fields }])
  const logger = { info: note('info'), warn: note('warn'), error: note('error') }
  const queueUrl = queues.queueUrl(queue)
  const deadLetterQueueUrl = queues.queueUrl('orders-dlq')
  const handler = middy()
    .use(sqsSource({ queueUrl, deadLetterQueueUrl, client: faulty, logger }))
    .handler(async ({ source }) => {
      await source?.delay(
        source.records.map((record) => ({ record, seconds: 30 })),
        limit,
      )
    })
  for (let batch = 0; batch < batches; batch++) {
    await handler(await sqsEvent(order, [{ id: 'a' }], { queue }), {} as Context)
  }
  return lines
}

describe('a function that may not change when its messages are visible', () => {
  it('says so once, as an error, with what an outage costs', async () => {
    const cause = accessDenied()
    const lines = await linesOf(
      without(async () => {
        throw cause
      }),
      { batches: 3 },
    )
    expect(lines).toStrictEqual([
      [
        'error',
        'spillway: the role of the function lacks the permission sqs:ChangeMessageVisibility on its queue. Until that is repaired no back-off applies: failed records are delivered again after the visibility time-out of the queue (60 s), and healthy messages reach the dead-letter queue after 540 s of an outage (maxReceiveCount 10).',
        {
          code: 'SPILLWAY_VISIBILITY_UNCHANGED',
          queueUrl: queues.queueUrl('orders'),
          error: expect.objectContaining({ code: 'SPILLWAY_VISIBILITY_UNCHANGED', cause }),
        },
      ],
    ])
  })

  it('says so without numbers where it may not ask for them, and where there is no time', async () => {
    const denied = async () => {
      throw accessDenied()
    }
    const general =
      'and in an outage healthy messages reach the dead-letter queue after (maxReceiveCount - 1) times as long.'
    const [refused] = await linesOf(without(denied, denied))
    expect(refused?.[1]).toContain(general)
    const end = performance.now() + 50
    const limit = { signal: new AbortController().signal, remainingTime: () => end - performance.now() }
    const [late] = await linesOf(
      without(denied, () => new Promise(() => undefined)),
      { limit },
    )
    expect(late?.[1]).toContain(general)
  })

  it('says nothing of a dead-letter queue that there is not', async () => {
    const denied = async () => {
      throw accessDenied()
    }
    const [line] = await linesOf(without(denied), { queue: 'endless' })
    expect(line?.[1]).toMatch(/are delivered again after the visibility time-out of the queue \(30 s\)\.$/)
  })

  it.each([
    ['AccessDeniedException', undefined],
    ['KmsAccessDenied', 403],
  ])('is known by %s and the status %s', async (name, httpStatusCode) => {
    const lines = await linesOf(
      without(async () => {
        throw Object.assign(new Error('denied'), { name, $metadata: { httpStatusCode } })
      }),
    )
    expect(lines).toMatchObject([['error', expect.stringContaining('lacks the permission'), {}]])
  })
})

it('a function that never reaches SQS says so once, as an error', async () => {
  const end = performance.now() + 100
  const limit = { signal: new AbortController().signal, remainingTime: () => end - performance.now() }
  const lines = await linesOf(
    without(() => new Promise(() => undefined)),
    { limit, batches: 2 },
  )
  expect(lines).toMatchObject([
    ['error', expect.stringContaining('Can it reach SQS from its VPC?'), {}],
    ['warn', expect.stringContaining('No time was left'), { code: 'SPILLWAY_DEADLINE' }],
  ])
})

it.each<[string, () => Promise<unknown>]>([
  [
    'a request that is throttled',
    () => Promise.reject(Object.assign(new Error('slow'), { name: 'RequestThrottled' })),
  ],
  [
    'a record that is no longer in flight',
    async () => ({ Failed: [{ Id: '0', SenderFault: true, Code: 'MessageNotInflight' }] }),
  ],
])('%s is a warning for each batch', async (_, fault) => {
  const lines = await linesOf(without(fault), { batches: 2 })
  expect(lines).toHaveLength(2)
  expect(lines[0]).toMatchObject([
    'warn',
    'spillway: the visibility of failed records was not changed. The time-out of the queue applies.',
    {},
  ])
})

it('what failed after it had worked is a warning', async () => {
  let calls = 0
  const lines = await linesOf(
    without(async () => {
      if (++calls === 2) throw new Error('socket hang up')
      return {}
    }),
    { batches: 3 },
  )
  expect(lines).toMatchObject([['warn', expect.any(String), { code: 'Error' }]])
})
