import { type AddressInfo, createServer, type Server } from 'node:net'
import { SpillwayError } from '@spillway/message'

/** The address on which every server of the local runtime listens: loopback only. */
export const host = '127.0.0.1'

/**
 * Starts a server on loopback.
 *
 * @param port 0 chooses a free port.
 * @returns the port.
 * @throws SpillwayError `SPILLWAY_PORT_IN_USE`, or `SPILLWAY_START_FAILED` for any other error.
 */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(startError(error, port))
    server.once('error', onError)
    server.listen(port, host, () => {
      server.off('error', onError)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

/**
 * Checks that nothing listens on a port of loopback.
 *
 * @throws SpillwayError as {@link listen}.
 */
export async function requireFreePort(port: number): Promise<void> {
  const server = createServer()
  await listen(server, port)
  await new Promise((resolve) => server.close(resolve))
}

function startError(error: NodeJS.ErrnoException, port: number): SpillwayError {
  const advice = `choose another: PORT=${otherPort(port)} npm start`
  if (error.code === 'EADDRINUSE') {
    const message = `Port ${port} is in use. Stop the process that listens there, or ${advice}`
    return new SpillwayError('SPILLWAY_PORT_IN_USE', message, { cause: error })
  }
  const message = `The server cannot listen on port ${port} of ${host} (${error.code}); ${advice}`
  return new SpillwayError('SPILLWAY_START_FAILED', message, { cause: error })
}

/** A round port number that is different and needs no privileges. */
function otherPort(port: number): number {
  return port < 4000 || port > 4999 ? 4000 : 5000
}
