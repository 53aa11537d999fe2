import { expect, it, vi } from 'vitest'

it('gives the function the MySQL that the environment names, and starts no database', async () => {
  vi.stubEnv('MYSQL_URL', 'mysql://app:app@127.0.0.1:3307/orders')
  const { default: app } = await import('./local-mysql.ts')
  expect(app.database).toBeUndefined()
  const [write] = app.functions
  const environment = write?.environment({
    queueUrl: (name) => `http://127.0.0.1/${name}`,
    streamName: (name) => name,
    databaseUrl: '',
  })
  expect(environment).toStrictEqual({
    QUEUE_URL: 'http://127.0.0.1/orders',
    DEAD_LETTER_QUEUE_URL: 'http://127.0.0.1/orders-dlq',
    DATABASE_URL: 'mysql://app:app@127.0.0.1:3307/orders',
  })
})
