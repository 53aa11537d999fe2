import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/**
 * A proxy that freezes the first connection on which the client sends a text, from that text on, but keeps it open. To
 * the server this looks like a frozen Lambda environment.
 *
 * @returns the URL of the server through the proxy
 */
export async function freezingProxy(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  let frozen: Socket | undefined
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
    }
    upstream.pipe(client)
    client.on('data', (chunk) => {
      if (chunk.includes(text)) frozen ??= client
      if (frozen !== client) upstream.write(chunk)
    })
    client.on('close', () => upstream.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const proxied = new URL(url)
  proxied.port = String((server.address() as AddressInfo).port)
  return proxied.href
}
