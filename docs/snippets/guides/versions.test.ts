import { decodeMessage } from '@spillway/message'
import { expect, it } from 'vitest'
import { order } from '../ingest/message.ts'

const body = { id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10', customer: 'ada', cents: 900 }
const envelope = (version: number, sent: object) =>
  JSON.stringify({
    spillway: 1,
    name: 'order.placed',
    version,
    key: body.id,
    time: '2026-01-02T03:04:05.678Z',
    body: sent,
  })

it('reads a message of an older version as the next one', async () => {
  const decoded = await decodeMessage(order, envelope(1, body))
  expect(decoded).toMatchObject({ ok: true, message: { body: { ...body, currency: 'EUR' } } })
})

it('leaves a message of a later version to a later reader', async () => {
  const decoded = await decodeMessage(order, envelope(3, { ...body, currency: 'EUR' }))
  expect(decoded).toMatchObject({
    ok: false,
    retryable: true,
    reason: { code: 'SPILLWAY_ENVELOPE_INVALID' },
  })
})
