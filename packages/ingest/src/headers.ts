import type { HttpEvent } from './http-event.ts'

/** A header by its lower-case name, whatever case it came in; its lines are joined with a comma (RFC 9110, 5.3). */
export function header(event: HttpEvent, name: string): string | undefined {
  const { headers, multiValueHeaders } = event
  if (multiValueHeaders !== undefined && multiValueHeaders !== null) {
    const found = lookUp(multiValueHeaders, name)
    if (Array.isArray(found)) return found.join(', ')
  }
  return headers === undefined || headers === null ? undefined : lookUp(headers, name)
}

/** All headers, by their lower-case names. Cookies that came apart are `cookie` again. */
export function readHeaders(event: HttpEvent): Record<string, string> {
  const all: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(event.headers ?? {})) {
    if (value !== undefined) all[name.toLowerCase()] = value
  }
  for (const [name, values] of Object.entries(event.multiValueHeaders ?? {})) {
    if (values !== undefined) all[name.toLowerCase()] = values.join(', ')
  }
  if (event.cookies !== undefined && event.cookies.length > 0) all.cookie ??= event.cookies.join('; ')
  return all
}

function lookUp<Value>(values: Readonly<Record<string, Value | undefined>>, name: string): Value | undefined {
  if (Object.hasOwn(values, name)) return values[name]
  const found = Object.keys(values).find((key) => key.toLowerCase() === name)
  return found === undefined ? undefined : values[found]
}
