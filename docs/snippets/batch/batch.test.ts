import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { batch, eachRecord } from '@spillway/batch'
import { done, park, retry } from '@spillway/message'
import { envelopeOf } from '@spillway/message/testing'
import { expect, it } from 'vitest'
import { order } from './message.ts'
import { survivalRows } from './survival.ts'

it('shows in docs/concepts/outages.md how long an outage may last, as it is computed', async () => {
  const page = await readFile(fileURLToPath(new URL('../../concepts/outages.md', import.meta.url)), 'utf8')
  expect(page).toContain(survivalRows.join('\n'))
})

it('settles each record by its outcome', async () => {
  const bodies = ['a', 'b', 'c'].map((customer, n) => ({ id: crypto.randomUUID(), customer, cents: n }))
  const records = await Promise.all(
    bodies.map(async (body) => {
      const text = await envelopeOf(order, body)
      return { id: body.customer, lane: body.customer, receiveCount: 1, body: text }
    }),
  )
  const parked: string[] = []
  const source = {
    records,
    park: async ({ id }: { readonly id: string }) => void parked.push(id),
    delay: async () => undefined,
  }
  const handler = batch(
    order,
    eachRecord(({ body }) => {
      if (body.customer === 'a') return done()
      return body.customer === 'b' ? retry() : park({ code: 'NO', detail: 'Not this one.' })
    }),
    { logger: { info() {}, warn() {}, error() {} } },
  )

  const settled = await handler({ source }, { getRemainingTimeInMillis: () => 10_000 })

  expect(settled.map(({ status }) => status)).toStrictEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(parked).toStrictEqual(['c'])
})
