import type { IncomingMessage } from 'node:http'

/** The largest body that an HTTP API accepts, in bytes. */
export const bodyLimit = 10 * 1024 * 1024

/** Why there is no body: it is too large, or the client disconnected before it was complete. */
export type BodyProblem = 'too large' | 'aborted'

const empty = Buffer.alloc(0)

/**
 * Reads the body of a request, keeping no more than {@link bodyLimit} bytes of it.
 *
 * The rest of a larger body is read and dropped, so that the client can finish sending and read the response.
 */
export function readBody(request: IncomingMessage): Promise<Buffer | BodyProblem> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const declared = Number(request.headers['content-length'] ?? 0)
    if (declared > bodyLimit) resolve('too large')
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= bodyLimit && declared <= bodyLimit) chunks.push(chunk)
      else if (chunks.splice(0).length > 0) resolve('too large')
    })
    request.on('end', () => resolve(join(chunks)))
    request.on('error', () => resolve('aborted'))
    request.on('close', () => resolve('aborted'))
  })
}

function join(chunks: readonly Buffer[]): Buffer {
  const [first = empty] = chunks
  return chunks.length < 2 ? first : Buffer.concat(chunks)
}
