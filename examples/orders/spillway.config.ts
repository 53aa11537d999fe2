import { defineApp } from 'spillway'

/** The definition of the app, for a laptop and for AWS. */
export default defineApp({
  name: 'orders',
  database: {
    engine: 'postgres',
    maxConnections: 20,
    reserved: 4,
    // The server limits the connections of the functions' role to the budget, so a deploy cannot exceed it.
    connectionLimit: true,
    migrations: './migrations',
  },
  functions: {
    ingest: {
      entry: './ingest.ts',
      http: 'POST /orders',
      timeout: 10,
      environment: ({ queueUrl }) => ({ QUEUE_URL: queueUrl('orders') }),
    },
    bulk: {
      entry: './bulk.ts',
      http: 'POST /orders/bulk',
      timeout: 10,
      environment: ({ queueUrl }) => ({ QUEUE_URL: queueUrl('orders') }),
    },
    write: {
      entry: './write.ts',
      queue: 'orders',
      batchSize: 100,
      batchingWindow: 1,
      maximumConcurrency: 8,
      connections: 1,
      timeout: 10,
      environment: ({ queueUrl, databaseUrl }) => ({
        QUEUE_URL: queueUrl('orders'),
        DEAD_LETTER_QUEUE_URL: queueUrl('orders-dlq'),
        DATABASE_URL: databaseUrl,
      }),
    },
    status: {
      entry: './status.ts',
      http: 'GET /orders/{id}',
      reservedConcurrency: 4,
      connections: 1,
      timeout: 10,
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
