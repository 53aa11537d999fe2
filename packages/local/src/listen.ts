import type { Server } from 'node:net'
import { SpillwayError } from '@spillway/message'

/** A server that listens on loopback. */
export interface Listening {
  readonly port: number
  readonly url: string
  stop(): Promise<void>
}

/**
 * Lets an HTTP server listen on 127.0.0.1.
 *
 * @throws SpillwayError `SPILLWAY_PORT_IN_USE` when the port is taken.
 */
export async function listen(
  server: Server & { closeAllConnections?(): void },
  port: number,
): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EADDRINUSE' ? portInUse(port, error) : error
  })
  const address = server.address()
  const actual = typeof address === 'object' && address !== null ? address.port : port
  return {
    port: actual,
    url: `http://127.0.0.1:${actual}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections?.()
      }),
  }
}

/** The error of a port that something else listens on. */
export function portInUse(port: number, cause: unknown): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_PORT_IN_USE',
    `Port ${port} is in use. Stop what listens there, or choose another: PORT=${port + 1000} npm start`,
    { cause },
  )
}
