import { defineApp } from 'spillway'

/** The definition of the app, for a laptop and for AWS. */
export default defineApp({
  name: 'telemetry',
  database: {
    engine: 'postgres',
    maxConnections: 20,
    reserved: 4,
    // The server limits the connections of the functions' role to the budget, so a deploy cannot exceed it.
    connectionLimit: true,
    migrations: './migrations',
  },
  streams: { readings: { shards: 2 } },
  queues: { 'readings-parked': {} },
  functions: {
    ingest: {
      entry: './ingest.ts',
      http: 'POST /readings',
      timeout: 10,
      environment: ({ streamName }) => ({ STREAM_NAME: streamName('readings') }),
    },
    bulk: {
      entry: './bulk.ts',
      http: 'POST /readings/bulk',
      timeout: 10,
      environment: ({ streamName }) => ({ STREAM_NAME: streamName('readings') }),
    },
    write: {
      entry: './write.ts',
      stream: 'readings',
      batchSize: 500,
      batchingWindow: 1,
      parallelizationFactor: 2,
      connections: 1,
      timeout: 10,
      environment: ({ queueUrl, databaseUrl }) => ({
        PARKED_QUEUE_URL: queueUrl('readings-parked'),
        DATABASE_URL: databaseUrl,
      }),
    },
  },
  example: {
    path: '/readings',
    body: {
      id: '0191b3c4-9a3e-7cc2-8f1d-5a1f0e6b7a10',
      sensor: 'roof',
      takenAt: '2026-01-02T03:04:05Z',
      celsius: 21.5,
    },
  },
})
