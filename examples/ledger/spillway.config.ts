import { defineApp } from 'spillway'

/** The definition of the app, for a laptop and for AWS. */
export default defineApp({
  name: 'ledger',
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
      http: 'POST /transfers',
      timeout: 10,
      environment: ({ queueUrl }) => ({ QUEUE_URL: queueUrl('transfers.fifo') }),
    },
    write: {
      entry: './write.ts',
      queue: 'transfers.fifo',
      batchSize: 10,
      maximumConcurrency: 8,
      connections: 1,
      timeout: 10,
      environment: ({ queueUrl, databaseUrl }) => ({
        QUEUE_URL: queueUrl('transfers.fifo'),
        DEAD_LETTER_QUEUE_URL: queueUrl('transfers-dlq.fifo'),
        DATABASE_URL: databaseUrl,
      }),
    },
    status: {
      entry: './status.ts',
      http: 'GET /transfers/{id}',
      reservedConcurrency: 4,
      connections: 1,
      timeout: 10,
      environment: ({ databaseUrl }) => ({ DATABASE_URL: databaseUrl }),
    },
  },
  example: {
    path: '/transfers',
    body: { id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10', payer: 'ada', payee: 'grace', cents: 1250 },
  },
})
