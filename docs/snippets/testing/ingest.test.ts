import { httpApiEvent, invoke } from '@spillway/ingest/testing'
import { memoryTarget } from '@spillway/message/testing'
import { expect, it } from 'vitest'
import { createHandler } from './ingest.ts'
import { order } from './message.ts'

const placed = { id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10', customer: 'ada', cents: 1250 }

it('answers 202 once the queue has the order', async () => {
  const to = memoryTarget()
  const { status, body } = await invoke(createHandler(to), httpApiEvent({ path: '/orders', body: placed }))
  expect(status).toBe(202)
  expect(body).toStrictEqual({ id: placed.id, status: 'accepted' })
  const [message] = await to.messages(order)
  expect(message?.body).toStrictEqual(placed)
})

it('answers 422 to an order without a customer, and sends nothing', async () => {
  const to = memoryTarget()
  const event = httpApiEvent({ path: '/orders', body: { ...placed, customer: '' } })
  const { status } = await invoke(createHandler(to), event)
  expect(status).toBe(422)
  expect(await to.messages(order)).toStrictEqual([])
})

it('answers 503 when the queue does not take the order, so that the client tries again', async () => {
  const throttled = { code: 'ThrottlingException', detail: 'Too many requests.', retryable: true }
  const to = memoryTarget({ status: 'rejected', ...throttled })
  const { status } = await invoke(createHandler(to), httpApiEvent({ path: '/orders', body: placed }))
  expect(status).toBe(503)
})
