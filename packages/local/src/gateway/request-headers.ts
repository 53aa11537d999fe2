import type { IncomingMessage } from 'node:http'
import { toRecord } from './router.ts'

/** The headers of a request as in payload format 2.0: the cookies by themselves, all others in one record. */
export interface RequestHeaders {
  readonly headers: Record<string, string>
  readonly cookies: readonly string[]
}

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Reads the headers: names in lower case, duplicates joined with a comma, cookies taken out. */
export function readHeaders(request: IncomingMessage): RequestHeaders {
  const headers = toRecord([])
  const cookies: string[] = []
  const { rawHeaders } = request
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase()
    const value = rawHeaders[index + 1] ?? ''
    if (name === 'cookie') cookies.push(...value.split(/;\s*/).filter((cookie) => cookie !== ''))
    else if (!hopByHop.has(name)) headers[name] = name in headers ? `${headers[name]},${value}` : value
  }
  return { headers, cookies }
}
