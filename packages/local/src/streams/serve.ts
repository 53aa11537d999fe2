import { createServer as createHttp1, type IncomingMessage } from 'node:http'
import { createServer as createHttp2, type Http2ServerRequest } from 'node:http2'
import { createServer, type Server, type Socket } from 'node:net'
import { toError } from '@spillway/message'

/** A request of either protocol. */
export type AnyRequest = IncomingMessage | Http2ServerRequest

/** The common part of the responses of both protocols. */
export interface AnyResponse {
  writeHead(status: number, headers?: Readonly<Record<string, string | number>>): unknown
  end(body: Uint8Array | string): unknown
}

/** A server for HTTP/1.1 and HTTP/2 without TLS on one port. */
export interface DualServer {
  /** The server that listens. */
  readonly server: Server
  /** Closes the port and every connection. */
  close(): Promise<void>
}

/** The start of an HTTP/2 connection (RFC 9113, section 3.4). */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/**
 * The memory in megabytes for the pending responses of an HTTP/2 connection. With Node's default of ten, one response
 * of 10 MiB (14 MB of base64) makes the connection reject every other request.
 */
const mostUnsent = 1000

/** Creates the server. `onRequest` must not throw. */
export function createDualServer(
  onRequest: (request: AnyRequest, response: AnyResponse) => void,
): DualServer {
  // A client that disconnects during a request must not affect other clients.
  const ignore = () => undefined
  const http1 = createHttp1((request, response) => {
    response.on('error', ignore)
    onRequest(request, response)
  })
  const http2 = createHttp2({ maxSessionMemory: mostUnsent }, (request, response) => {
    response.on('error', ignore)
    onRequest(request, response)
  })
  http2.on('sessionError', ignore)
  const sockets = new Set<Socket>()

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    sniff(socket, (isHttp2) => (isHttp2 ? http2 : http1).emit('connection', socket))
  })
  return {
    server,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(toError(error))))
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Reads until the protocol of a client is known, and then puts the bytes back. */
function sniff(socket: Socket, decide: (isHttp2: boolean) => void): void {
  let seen = Buffer.alloc(0)
  function onReadable(): void {
    const chunk: Buffer | null = socket.read()
    if (chunk === null) return
    seen = Buffer.concat([seen, chunk])
    const length = Math.min(seen.length, preface.length)
    const same = seen.subarray(0, length).equals(preface.subarray(0, length))
    if (same && length < preface.length) return
    socket.off('readable', onReadable)
    socket.unshift(seen)
    decide(same)
  }
  socket.on('readable', onReadable)
}
