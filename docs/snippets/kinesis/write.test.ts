import middy from '@middy/core'
import { batch } from '@spillway/batch'
import { invoke } from '@spillway/batch/testing'
import { kinesisPartialBatchFailure, kinesisSource } from '@spillway/kinesis'
import { kinesisEvent, memoryDeadLetter } from '@spillway/kinesis/testing'
import { done, park } from '@spillway/message'
import { expect, it } from 'vitest'
import { reading } from './message.ts'

const id = '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10'

it('parks what is colder than can be', async () => {
  const deadLetter = memoryDeadLetter()
  const handler = middy()
    .use(kinesisPartialBatchFailure())
    .use(kinesisSource({ deadLetter }))
    .handler(
      batch(reading, async (records) =>
        records.map(({ body }) =>
          body.celsius < -273.15 ? park({ code: 'TOO_COLD', detail: 'Below absolute zero.' }) : done(),
        ),
      ),
    )
  const event = await kinesisEvent(reading, [
    { id, sensor: 'roof', celsius: 21.5 },
    { id, sensor: 'cellar', celsius: -300 },
  ])
  expect(await invoke(handler, event)).toStrictEqual({ batchItemFailures: [] })
  expect(deadLetter.copies).toMatchObject([{ partitionKey: 'cellar', reason: { code: 'TOO_COLD' } }])
})
