import assert from 'node:assert/strict'
import { it } from 'node:test'
import { invoke } from '@spillway/batch/testing'
import { sqsEvent } from '@spillway/sqs/testing'
import { type Order, order } from '../message.ts'
import { createHandler } from '../write.ts'

const ada = { id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10', customer: 'ada', cents: 1250 }
const alan = { id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a11', customer: 'alan', cents: 300 }

const queueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/orders'
/** The client does nothing. With a real one the source would delay failed records. */
const queue = { queueUrl, deadLetterQueueUrl: `${queueUrl}-dlq`, client: { send: async () => ({}) } }

it('saves each order', async () => {
  const saved: Order[] = []
  const handler = createHandler(async (one) => void saved.push(one), queue)
  const event = await sqsEvent(order, [ada, alan], { queue: 'orders' })
  assert.deepEqual(await invoke(handler, event), { batchItemFailures: [] })
  assert.deepEqual(saved, [ada, alan])
})

it('returns the order that could not be saved, and no other', async () => {
  const save = async ({ customer }: Order) => {
    if (customer === 'alan') throw new Error('the database does not answer')
  }
  const event = await sqsEvent(order, [ada, alan], { queue: 'orders' })
  const answer = await invoke(createHandler(save, queue), event)
  assert.deepEqual(answer, { batchItemFailures: [{ itemIdentifier: 'message-1' }] })
})
