import { createServer, connect as dial, type Socket } from 'node:net'

/** A server between a client and its database. */
export interface CuttingProxy extends AsyncDisposable {
  readonly url: string
  /**
   * Cuts the next connection that sends a COMMIT: `answered` after the answer of the database, so that it is committed
   * but the client does not know; `unsent` before the database receives it.
   */
  cutNextCommit(when: 'answered' | 'unsent'): void
  /** The number of connections that were cut. */
  cuts(): number
}

/** Starts a proxy before the database of a URL, on a free port of 127.0.0.1. */
export async function startCuttingProxy(databaseUrl: string): Promise<CuttingProxy> {
  const { hostname, port, protocol } = new URL(databaseUrl)
  const namesCommit = protocol.startsWith('postgres')
  const sockets = new Set<Socket>()
  let next: 'answered' | 'unsent' | undefined
  let cuts = 0
  const server = createServer((client) => {
    const database = dial(Number(port), hostname)
    let doomed = false
    const cut = () => {
      cuts += 1
      client.destroy()
      database.destroy()
    }
    for (const socket of [client, database]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        database.destroy()
      })
    }
    client.on('data', (bytes) => {
      if (next !== undefined && bytes.includes('commit')) {
        const when = next
        next = undefined
        if (when === 'unsent') return cut()
        doomed = true
      }
      database.write(bytes)
    })
    database.on('data', (bytes) => {
      // Postgres may answer statements before the COMMIT while it has not executed the COMMIT.
      if (doomed && (!namesCommit || bytes.includes('COMMIT') || bytes.includes('ROLLBACK'))) cut()
      else client.write(bytes)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  return {
    url: url.href,
    cutNextCommit(when) {
      next = when
    },
    cuts: () => cuts,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
