import type { HttpEvent } from './http-event.ts'

/**
 * A header by its lower-case name, in whatever case it was sent. Several lines are joined with a comma (RFC 9110, 5.3).
 */
export function header(event: HttpEvent, name: string): string | undefined {
  const lines = linesOf(event.multiValueHeaders, name)
  const found = lines.length > 0 ? lines : linesOf(event.headers, name)
  return found.length === 0 ? undefined : found.join(', ')
}

/** All headers by their lower-case names. Cookies that the event lists separately are joined into `cookie`. */
export function readHeaders(event: HttpEvent): Record<string, string> {
  const all: Record<string, string> = Object.create(null)
  const names = [...Object.keys(event.headers ?? {}), ...Object.keys(event.multiValueHeaders ?? {})]
  for (const name of new Set(names.map((one) => one.toLowerCase()))) {
    const value = header(event, name)
    if (value !== undefined) all[name] = value
  }
  const cookies = event.cookies ?? []
  if (cookies.length > 0) all.cookie ??= cookies.join('; ')
  return all
}

/** All values of a header: a client may have sent its name in two cases. */
function linesOf(
  headers: Readonly<Record<string, string | readonly string[] | undefined>> | null | undefined,
  name: string,
): readonly string[] {
  const lines: string[] = []
  // Runs several times per request: `for … in` makes no list, and comparing lengths first skips most names.
  for (const key in headers) {
    if (key.length !== name.length || key.toLowerCase() !== name || !Object.hasOwn(headers, key)) continue
    const value = headers[key]
    if (typeof value === 'string') lines.push(value)
    else if (value !== undefined && value !== null) lines.push(...[value].flat())
  }
  return lines
}
