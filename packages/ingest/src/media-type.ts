import { header } from './headers.ts'
import type { HttpEvent } from './http-event.ts'

/** The types that NDJSON is sent with; none is registered. */
const ndjson = /^application\/(?:x-)?(?:ndjson|jsonl|json-lines|jsonlines)\s*(?:;|$)/i

/** Whether the body is NDJSON: a JSON text on each line. */
export function isNdjson(event: HttpEvent): boolean {
  return ndjson.test(header(event, 'content-type')?.trim() ?? '')
}

/**
 * Puts `content-type` where body parsers look: an ALB with multi-value headers has no `headers`, and a REST API keeps
 * whatever case the client used.
 */
export function showContentType(event: HttpEvent): void {
  const { headers } = event
  if (headers?.['content-type'] !== undefined || headers?.['Content-Type'] !== undefined) return
  const value = header(event, 'content-type')
  if (value !== undefined) Object.assign(event, { headers: { ...headers, 'content-type': value } })
}
