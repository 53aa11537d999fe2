import { defineApp } from 'spillway'

export default defineApp({
  name: 'orders',
  // The local runtime refuses a `database` that is no Postgres.
  functions: {
    write: {
      entry: './write.ts',
      queue: 'orders',
      maximumConcurrency: 8,
      environment: ({ queueUrl }) => ({
        QUEUE_URL: queueUrl('orders'),
        DEAD_LETTER_QUEUE_URL: queueUrl('orders-dlq'),
        DATABASE_URL: process.env.MYSQL_URL ?? 'mysql://app:app@127.0.0.1:3306/orders',
      }),
    },
  },
})
