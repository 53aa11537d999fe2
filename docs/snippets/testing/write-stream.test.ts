import { invoke } from '@spillway/batch/testing'
import { kinesisEvent, memoryDeadLetter } from '@spillway/kinesis/testing'
import { expect, it } from 'vitest'
import { type Order, order } from './message.ts'
import { createHandler } from './write-stream.ts'

const ada = { id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10', customer: 'ada', cents: 1250 }
const alan = { id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a11', customer: 'alan', cents: 300 }

it('has the stream read again from the order that could not be saved', async () => {
  const deadLetter = memoryDeadLetter()
  const save = async ({ customer }: Order) => {
    if (customer === 'alan') throw new Error('the database does not answer')
  }
  const event = await kinesisEvent(order, [ada, alan])
  const itemIdentifier = event.Records[1]?.kinesis.sequenceNumber
  expect(await invoke(createHandler(save, { deadLetter }), event)).toStrictEqual({
    batchItemFailures: [{ itemIdentifier }],
  })
  expect(deadLetter.copies).toStrictEqual([])
})
