import { invoke } from '@spillway/batch/testing'
import { sqsEvent } from '@spillway/sqs/testing'
import { expect, it } from 'vitest'
import { type Order, order } from './message.ts'
import { createHandler } from './write.ts'

const ada = { id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10', customer: 'ada', cents: 1250 }
const adaAgain = { ...ada, id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a11' }
const alan = { id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a12', customer: 'alan', cents: 300 }

const queue = {
  queueUrl: 'https://sqs.us-east-1.amazonaws.com/000000000000/orders.fifo',
  deadLetterQueueUrl: 'https://sqs.us-east-1.amazonaws.com/000000000000/orders-dlq.fifo',
  client: { send: async () => ({}) },
}

it('returns the later orders of a customer with the one that failed', async () => {
  const saved: Order[] = []
  const handler = createHandler(async (one) => {
    if (one.id === ada.id) throw new Error('the database does not answer')
    saved.push(one)
  }, queue)
  const event = await sqsEvent(order, [ada, adaAgain, alan], { queue: 'orders.fifo' })
  expect(await invoke(handler, event)).toStrictEqual({
    batchItemFailures: [{ itemIdentifier: 'message-0' }, { itemIdentifier: 'message-1' }],
  })
  expect(saved).toStrictEqual([alan])
})
