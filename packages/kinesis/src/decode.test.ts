import { gzipSync } from 'node:zlib'
import { batch } from '@spillway/batch'
import { type Decoding, defineMessage, done, gzipped, type MessageRecord, plainJson } from '@spillway/message'
import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { kinesisRecordOf, type ParkedCopy } from './index.ts'
import { ample, sourceOf } from './testing/kinesis.ts'

const eventOf = (data: Buffer): KinesisStreamEvent => ({
  Records: [
    {
      kinesis: {
        data: data.toString('base64'),
        partitionKey: 'p',
        sequenceNumber: `49${'0'.repeat(54)}`,
        approximateArrivalTimestamp: 1.5,
      },
      eventID: 'shardId-000000000006:49',
      eventSource: 'aws:kinesis',
      eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/readings',
    } as KinesisStreamRecord,
  ],
})
const detail = 'Expected no such thing.'

async function decodeIn(data: Buffer, decode: Decoding<KinesisStreamRecord>) {
  const copies: ParkedCopy[] = []
  const deadLetter = { put: async (copy: ParkedCopy) => void copies.push(copy) }
  const source = await sourceOf(eventOf(data), { deadLetter, decode })
  const [record] = source.records
  if (record === undefined) throw new Error('no record')
  await source.park(record, { code: 'SPILLWAY_MESSAGE_UNREADABLE', detail }, ample())
  return { decoded: source.decode?.(record, record.body), copies }
}

it('has the time at which the stream took the record', async () => {
  const { decoded } = await decodeIn(Buffer.from('{"id":1}'), plainJson())
  expect(decoded).toStrictEqual({ body: { id: 1 }, time: new Date(1500), group: undefined })
})

it('gets the record, and the text', async () => {
  const decode: Decoding<KinesisStreamRecord> = (text, { kinesis }) => ({
    body: [text, kinesis.partitionKey],
  })
  expect((await decodeIn(Buffer.from('text'), decode)).decoded).toMatchObject({ body: ['text', 'p'] })
})

it('gets the base64 of what is not text, and its copy is as it came', async () => {
  const zipped = gzipSync('{"id":1}')
  const read = await decodeIn(zipped, gzipped(plainJson()))
  expect(read.decoded).toMatchObject({ body: { id: 1 } })
  const unread = await decodeIn(Buffer.from([0xff, 0x00]), plainJson())
  expect(unread.decoded).toMatchObject({ kind: 'not-mine' })
  // The reason is that of the decoding, not that the data is no text.
  expect(unread.copies).toMatchObject([{ reason: { detail }, text: undefined, base64: '/wA=' }])
})

it('does not get what the Kinesis Producer Library aggregated, or no data at all', async () => {
  for (const data of [Buffer.from([0xf3, 0x89, 0x9a, 0xc2, 1]), Buffer.alloc(0)]) {
    const { copies } = await decodeIn(data, gzipped(plainJson()))
    expect(copies).toMatchObject([{ reason: { code: 'SPILLWAY_ENVELOPE_INVALID' } }])
  }
})

it('has its record beside the message', async () => {
  const event = eventOf(Buffer.from('{"id":"a"}'))
  const source = await sourceOf(event, { deadLetter: { put: async () => undefined }, decode: plainJson() })
  const reading = defineMessage({
    name: 'reading',
    schema: z.object({ id: z.string() }),
    key: ({ id }) => id,
  })
  const seen: MessageRecord[] = []
  const handler = batch(reading, async (messages) => {
    seen.push(...messages)
    return messages.map(done)
  })
  await handler({ source }, { getRemainingTimeInMillis: () => 30_000 })
  const [message] = seen
  if (message === undefined) throw new Error('no message')
  expect(kinesisRecordOf({ ...message })).toBe(event.Records[0])
  expect(() => kinesisRecordOf(JSON.parse(JSON.stringify(message)))).toThrow(
    expect.objectContaining({ code: 'SPILLWAY_SOURCE_MISSING' }),
  )
})
