import { setTimeout as delay } from 'node:timers/promises'
import { Client, type ClientConfig } from 'pg'

const connectTimeout = 5_000

/** Runs `use` with a connection and closes it afterwards. */
export async function withClient<T>(config: ClientConfig, use: (client: Client) => Promise<T>): Promise<T> {
  const client = await connect({ host: '127.0.0.1', ssl: false, options: '', ...config })
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

// The slot of the previous connection may still be in use, because the server frees it after the client has
// disconnected.
async function connect(config: ClientConfig): Promise<Client> {
  const deadline = performance.now() + connectTimeout
  for (;;) {
    const client = new Client(config)
    client.on('error', () => undefined)
    try {
      await client.connect()
      return client
    } catch (error) {
      await client.end().catch(() => undefined)
      const full = error instanceof Error && 'code' in error && error.code === '53300'
      if (!full || performance.now() > deadline) throw error
      await delay(20)
    }
  }
}
