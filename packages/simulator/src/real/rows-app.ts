import { join } from 'node:path'
import type { LoadedApp } from '@spillway/local'
import { defineApp } from '@spillway/planner'
import type { QueueNumbers } from '../scenarios/numbers.ts'

/** Defines an app whose function `write` reads a queue with these numbers, and the defaults otherwise. */
export function rowsApp({ maxReceiveCount, visibilityTimeout, ...numbers }: QueueNumbers): LoadedApp {
  const app = defineApp({
    name: 'rows',
    database: { engine: 'postgres', maxConnections: 40, reserved: 10, migrations: './migrations' },
    queues: {
      rows: {
        ...(maxReceiveCount !== undefined && { maxReceiveCount }),
        ...(visibilityTimeout !== undefined && { visibilityTimeout }),
      },
    },
    functions: {
      ingest: {
        entry: './ingest.ts',
        http: 'POST /rows',
        timeout: 10,
        environment: ({ queueUrl }) => ({ QUEUE_URL: queueUrl('rows') }),
      },
      write: {
        entry: './write.ts',
        queue: 'rows',
        connections: 1,
        environment: ({ queueUrl, databaseUrl }) => ({
          QUEUE_URL: queueUrl('rows'),
          DEAD_LETTER_QUEUE_URL: queueUrl('rows-dlq'),
          DATABASE_URL: databaseUrl,
        }),
        ...numbers,
      },
    },
  })
  return { app, folder: join(import.meta.dirname, 'app') }
}
