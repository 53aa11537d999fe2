import type { SQSClient } from '@aws-sdk/client-sqs'
import { type QueueEngine, startQueues } from '@spillway/local/testing'
import { createMessage, defineMessage, type EncodedMessage, encodeMessage } from '@spillway/message'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { claimCheck } from './claim-check.ts'
import { sqsTarget } from './index.ts'
import { ample, clientOf } from './testing/sqs.ts'
import { memoryClaimStore } from './testing.ts'

// A FIFO queue accepts a message whose deduplication id it knows and drops it: whatever is told apart must have another.

let queues: QueueEngine
let client: SQSClient
let name = ''
let counter = 0
const names = Array.from({ length: 20 }, (_, index) => `once${index}.fifo`)
const spec = { visibilityTimeout: 30, deadLetterQueue: undefined, maxReceiveCount: 0 }

beforeAll(async () => {
  queues = await startQueues({ queues: names.map((name) => ({ name, ...spec })) })
  client = clientOf(queues)
})
afterAll(async () => {
  client.destroy()
  await queues.stop()
})
beforeEach(() => {
  name = names[counter++] ?? ''
})

const schema = z.object({ id: z.string(), seats: z.number() })
const sold = defineMessage({ name: 'ticket.sold', schema, key: (body) => body.id })
const returned = defineMessage({ ...sold, name: 'ticket.returned' })
let requests = 0

/** A message as `enqueue` makes it: each request has its own time and trace. */
function message(
  change: Partial<EncodedMessage> & { seats?: number; definition?: typeof sold } = {},
): EncodedMessage {
  const { seats = 1, definition = sold, key = '7', group = 'tenant-a' } = change
  const traceparent = `00-${'a'.repeat(32)}-${String(requests).padStart(16, '0')}-01`
  const facts = { time: new Date(1_700_000_000_000 + requests++), key, group, traceparent }
  const body = encodeMessage({ ...createMessage(definition, { id: key, seats }, facts), group })
  return { key, group, body, traceparent }
}

/** Sends one after the other, and answers how many the queue has. */
async function sendAll(messages: readonly EncodedMessage[], options: object = {}): Promise<number> {
  const target = sqsTarget({ queueUrl: queues.queueUrl(name), client, ...options })
  for (const one of messages)
    expect(await target.send([one], ample())).toStrictEqual([{ status: 'accepted' }])
  return (await queues.messages(name)).length
}

describe('a message that is sent again within five minutes', () => {
  it('is in the queue once, though each request has its own time and trace', async () => {
    expect(await sendAll([message(), message()])).toBe(1)
  })

  it('is in the queue once, with a claim in place of its body', async () => {
    const options = { claimCheck: claimCheck({ store: memoryClaimStore(), threshold: 0 }) }
    expect(await sendAll([message(), message()], options)).toBe(1)
  })

  it('is in the queue once when it is no envelope', async () => {
    const body = 'any text'
    expect(
      await sendAll([
        { key: 'a', body },
        { key: 'a', body },
      ]),
    ).toBe(1)
  })
})

describe('a message of the same key', () => {
  it.each<[string, EncodedMessage, EncodedMessage]>([
    ['of another group', message(), message({ group: 'tenant-b' })],
    ['of another name', message(), message({ definition: returned })],
    ['with another body, as somebody corrected it', message(), message({ seats: 2 })],
    ['without a group', { key: 'a', body: 'x' }, { key: 'a', group: 'a', body: 'x' }],
    ['that is no envelope', { key: 'a', body: '{"time":1}' }, { key: 'a', body: '{"time":2}' }],
  ])('is not dropped: %s', async (_, first, second) => {
    expect(await sendAll([first, second])).toBe(2)
  })

  it('is not taken for one whose group and key make the same text', async () => {
    const body = 'x'
    expect(
      await sendAll([
        { group: 'a","b', key: 'c', body },
        { group: 'a', key: 'b","c', body },
      ]),
    ).toBe(2)
  })
})
