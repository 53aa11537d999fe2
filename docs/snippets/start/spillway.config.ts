import { defineApp } from 'spillway'

export default defineApp({
  name: 'shop',
  database: {
    engine: 'postgres',
    maxConnections: 20,
    reserved: 4,
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
  },
})
