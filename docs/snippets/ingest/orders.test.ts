import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { bodyLimit, enqueue, problemDetails, validate } from '@spillway/ingest'
import { httpApiEvent, invoke } from '@spillway/ingest/testing'
import { memoryTarget, recordOf } from '@spillway/message/testing'
import { expect, it } from 'vitest'
import { order } from './message.ts'

const input = {
  id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10',
  customer: 'ada',
  cents: 900,
  currency: 'EUR',
}

it('accepts an order', async () => {
  const to = memoryTarget()
  const handler = middy()
    .use(problemDetails())
    .use(bodyLimit())
    .use(httpJsonBodyParser())
    .use(validate({ body: order }))
    .use(enqueue(order, { to }))
    .handler((event) => event.valid.body)

  const answer = await invoke(handler, httpApiEvent({ path: '/orders', body: input }))

  expect(answer).toMatchObject({ status: 202, body: { id: input.id } })
  expect(await to.messages(order)).toMatchObject([{ key: input.id, group: 'ada', body: input }])
})

it('maps an order to its row', async () => {
  const { body } = await recordOf(order, input)
  expect(body.cents).toBe(900)
})
