import { decodeMessage, defineMessage } from '@spillway/message'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { sourceOf } from './testing/kinesis.ts'
import { kinesisEvent, memoryDeadLetter } from './testing.ts'

const reading = defineMessage({
  name: 'reading',
  schema: z.object({ id: z.string(), at: z.string().transform((text) => new Date(text)) }),
  key: (body) => body.id,
})
const at = '2026-01-02T00:00:00.000Z'

it('makes events that the other side reads', async () => {
  const time = new Date(at)
  const event = await kinesisEvent(
    reading,
    [
      { id: 'a', at },
      { id: 'b', at },
    ],
    {
      stream: 'readings',
      arrivedAt: time,
      firstSequenceNumber: 9n,
      time,
    },
  )
  expect(event.Records[0]).toMatchObject({
    eventID: 'shardId-000000000000:9',
    eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/readings',
    kinesis: { approximateArrivalTimestamp: 1_767_312_000 },
  })
  const { records } = await sourceOf(event, { deadLetter: memoryDeadLetter() })
  expect(records.map(({ id, lane }) => [id, lane])).toStrictEqual([
    ['9', 'a'],
    ['10', 'b'],
  ])
  expect(await decodeMessage(reading, records[1]?.body ?? '')).toMatchObject({
    ok: true,
    message: { key: 'b', time, body: { id: 'b', at: new Date(at) } },
  })
})

it('refuses what the schema refuses', async () => {
  await expect(kinesisEvent(reading, [{ id: 7, at } as never])).rejects.toMatchObject({
    code: 'SPILLWAY_BODY_INVALID',
  })
})
