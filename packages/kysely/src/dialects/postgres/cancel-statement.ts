import { createConnection, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'

/** Undocumented members of a client of `pg`, about its session. */
interface Session {
  readonly processID?: number | null
  readonly secretKey?: number | null
  readonly host?: string
  readonly port?: number
  readonly ssl?: boolean | ConnectionOptions
}

/** Milliseconds to wait for a server that does not accept the request. */
const waitMillis = 2_000

/** Source: PostgreSQL documentation, "Message Formats", CancelRequest and SSLRequest. */
const cancelCode = 80_877_102
const sslCode = 80_877_103

/**
 * Asks the server to cancel the statement of a client of `pg`, through a connection that is not a session and is not
 * counted. Resolves when the server has received the request, or after 2 s. Never rejects: the caller has to check
 * whether the statement ended.
 *
 * Source: PostgreSQL documentation, "Canceling Requests in Progress".
 */
export async function cancelStatement(client: object): Promise<void> {
  const { processID, secretKey, host, port, ssl } = client as Session
  if (typeof processID !== 'number' || typeof secretKey !== 'number' || port === undefined) return
  const socket = host?.startsWith('/')
    ? createConnection(`${host}/.s.PGSQL.${port}`)
    : createConnection(port, host)
  socket.setTimeout(waitMillis, () => socket.destroy())
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => undefined)
  socket.once('connect', () => {
    if (ssl) encrypted(socket, host, ssl === true ? {} : ssl, (stream) => stream.end(request))
    else socket.end(request)
  })
  const request = Buffer.alloc(16)
  for (const [index, word] of [16, cancelCode, processID, secretKey].entries()) {
    // A key may be any 32 bits.
    request.writeInt32BE(word | 0, index * 4)
  }
  return closed
}

/** Starts TLS as the client did. If the server refuses TLS, the key is not sent. */
function encrypted(
  socket: Socket,
  host: string | undefined,
  options: ConnectionOptions,
  use: (stream: Socket) => void,
): void {
  const hello = Buffer.alloc(8)
  hello.writeInt32BE(8, 0)
  hello.writeInt32BE(sslCode, 4)
  socket.write(hello)
  socket.once('data', (answer) => {
    if (answer.toString() !== 'S') return socket.destroy()
    // `pg` makes the key a hidden property, which a spread leaves out.
    const { key } = options
    // SNI has no addresses (RFC 6066).
    const name = host === undefined || isIP(host) !== 0 ? {} : { servername: host }
    const stream = connectTls({ ...name, ...options, ...(key === undefined ? {} : { key }), socket })
    stream.on('error', () => socket.destroy())
    stream.once('secureConnect', () => use(stream))
    return undefined
  })
}
