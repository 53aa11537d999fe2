import { loadApp, startLocal } from '@spillway/local'
import pg from 'pg'
import { expect, it, onTestFinished } from 'vitest'

it('writes an order that was accepted', async () => {
  const local = await startLocal(await loadApp(import.meta.dirname))
  onTestFinished(() => local.stop())
  const sql = new pg.Client({ connectionString: local.database?.url })
  await sql.connect()
  onTestFinished(() => sql.end())

  const order = {
    id: crypto.randomUUID(),
    customer: 'ada',
    items: [{ sku: 'tea', quantity: 2, priceCents: 450 }],
  }
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${local.url}/orders`, {
    method: 'POST',
    headers,
    body: JSON.stringify(order),
  })
  expect(response.status).toBe(202)
  await expect.poll(async () => (await sql.query('select id from orders')).rows).toEqual([{ id: order.id }])
})
