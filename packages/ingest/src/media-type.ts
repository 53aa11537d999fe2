import { header } from './headers.ts'
import type { HttpEvent } from './http-event.ts'

/** The media types of NDJSON in use; none is registered. */
const ndjson = /^application\/(?:x-)?(?:ndjson|jsonl|json-lines|jsonlines)\s*(?:;|$)/i

/** Whether the body is NDJSON: a JSON text on each line. */
export function isNdjson(event: HttpEvent): boolean {
  return ndjson.test(header(event, 'content-type')?.trim() ?? '')
}

/**
 * Puts `content-type` where body parsers look: the event of an ALB with multi-value headers has no `headers`, and a
 * REST API keeps the case that the client used.
 */
export function showContentType(event: HttpEvent): void {
  const { headers } = event
  if (headers?.['content-type'] !== undefined || headers?.['Content-Type'] !== undefined) return
  const value = header(event, 'content-type')
  if (value !== undefined) Object.assign(event, { headers: { ...headers, 'content-type': value } })
}

/** The media types of text. A body without a type counts as text. */
const textual = /^$|^text\/|json|xml|javascript|x-www-form-urlencoded/i

/** How a JSON text starts: `{`, `[`, `"`, a number, `true`, `false` or `null`. */
const json = /^(?:[[{"\dtfn]|-\d)/

/**
 * Whether a body is binary. A body that starts like JSON counts as text whatever its type: a parser that ignores the
 * type would parse it.
 */
export function isBinary(event: HttpEvent, body: string): boolean {
  const [type = ''] = (header(event, 'content-type') ?? '').split(';')
  if (isNdjson(event) || textual.test(type.trim())) return false
  const start = event.isBase64Encoded === true ? Buffer.from(body.slice(0, 400), 'base64').toString() : body
  const text = start.slice(0, 300).trimStart()
  return text !== '' && !json.test(text)
}
