import { defineApp } from 'spillway'

/** The same API without a buffer, on the same database. Nothing limits its connections. */
export default defineApp({
  name: 'orders-synchronous',
  database: { engine: 'postgres', maxConnections: 20, reserved: 4, migrations: '../migrations' },
  functions: {
    api: {
      entry: './handler.ts',
      http: 'POST /orders',
      timeout: 10,
      connections: 'uncounted',
      environment: ({ databaseUrl }) => ({ DATABASE_URL: databaseUrl }),
    },
  },
  example: {
    path: '/orders',
    body: {
      id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10',
      customer: 'ada',
      items: [{ sku: 'tea', quantity: 2, priceCents: 450 }],
    },
  },
})
