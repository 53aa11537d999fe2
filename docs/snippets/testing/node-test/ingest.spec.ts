import assert from 'node:assert/strict'
import { it } from 'node:test'
import { httpApiEvent, invoke } from '@spillway/ingest/testing'
import { memoryTarget } from '@spillway/message/testing'
import { createHandler } from '../ingest.ts'
import { order } from '../message.ts'

const placed = { id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10', customer: 'ada', cents: 1250 }

it('answers 202 once the queue has the order', async () => {
  const to = memoryTarget()
  const { status, body } = await invoke(createHandler(to), httpApiEvent({ path: '/orders', body: placed }))
  assert.equal(status, 202)
  assert.deepEqual(body, { id: placed.id, status: 'accepted' })
  const [message] = await to.messages(order)
  assert.deepEqual(message?.body, placed)
})

it('answers 422 to an order without a customer, and sends nothing', async () => {
  const to = memoryTarget()
  const event = httpApiEvent({ path: '/orders', body: { ...placed, customer: '' } })
  const { status } = await invoke(createHandler(to), event)
  assert.equal(status, 422)
  assert.deepEqual(await to.messages(order), [])
})
