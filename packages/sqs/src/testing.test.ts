import middy from '@middy/core'
import { decodeMessage, defineMessage, type RecordSource } from '@spillway/message'
import type { Context } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { sqsSource } from './index.ts'
import { ample } from './testing/sqs.ts'
import { memoryClaimStore, sqsEvent } from './testing.ts'

const order = defineMessage({
  name: 'order',
  schema: z.object({ id: z.string(), at: z.string().transform((text) => new Date(text)) }),
  key: (body) => body.id,
  group: (body) => String(body.at.getUTCFullYear()),
})
const at = '2026-01-02T00:00:00.000Z'

async function recordsOf(event: Awaited<ReturnType<typeof sqsEvent>>): Promise<RecordSource['records']> {
  let records: RecordSource['records'] = []
  await middy()
    .use(sqsSource({ queueUrl: 'https://sqs/q', deadLetterQueueUrl: 'https://sqs/dlq' }))
    .handler((event) => {
      records = event.source?.records ?? []
    })(event as never, {} as Context)
  return records
}

describe('sqsEvent', () => {
  it('holds envelopes that the other side reads', async () => {
    const records = await recordsOf(
      await sqsEvent(order, [
        { id: 'a', at },
        { id: 'b', at },
      ]),
    )
    expect(records.map(({ id, lane, receiveCount }) => [id, lane, receiveCount])).toStrictEqual([
      ['message-0', 'message-0', 1],
      ['message-1', 'message-1', 1],
    ])
    expect(await decodeMessage(order, records[1]?.body ?? '')).toMatchObject({
      ok: true,
      message: { key: 'b', group: '2026', time: new Date(0), body: { id: 'b', at: new Date(at) } },
    })
  })

  it('has lanes for a FIFO queue, and the facts that it is given', async () => {
    const time = new Date(at)
    const event = await sqsEvent(order, [{ id: 'a', at }], { queue: 'orders.fifo', receiveCount: 3, time })
    const [record] = await recordsOf(event)
    expect(record).toMatchObject({ lane: '2026', receiveCount: 3 })
    expect(await decodeMessage(order, record?.body ?? '')).toMatchObject({ message: { time } })
  })

  it('refuses what the schema refuses', async () => {
    const wrong = sqsEvent(order, [{ id: 7, at } as never])
    await expect(wrong).rejects.toMatchObject({ code: 'SPILLWAY_BODY_INVALID' })
  })
})

it('keeps bodies in memory', async () => {
  const store = memoryClaimStore()
  await store.put('a', 'x', ample())
  expect(await store.get('a', ample())).toBe('x')
  store.texts.delete('a')
  expect(await store.get('a', ample())).toBeUndefined()
})
