import { randomUUID } from 'node:crypto'
import { defineSpike } from 'spillway'

/** The flood of `npm run spike`: every request is a new order. */
export default defineSpike({
  synchronous: './synchronous/spillway.config.ts',
  buffered: './spillway.config.ts',
  request(index) {
    const id = randomUUID()
    return {
      path: '/orders',
      key: id,
      body: {
        id,
        customer: `customer-${index % 100}`,
        items: [
          { sku: 'tea', quantity: 1 + (index % 3), priceCents: 450 },
          { sku: 'cup', quantity: 1, priceCents: 1250 },
        ],
      },
    }
  },
  writtenKeys: 'select id::text as key from orders',
})
