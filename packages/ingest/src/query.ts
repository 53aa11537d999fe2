import { type HttpEvent, isAlb } from './http-event.ts'

/** The parameters of a query by name: a text, or a list of texts for a name that was sent more than once. */
export type Query = Record<string, string | string[]>

/**
 * The query of any of the four events, decoded, with every value of a name that was sent more than once.
 *
 * HTTP APIs and Function URLs join such values with commas, so theirs are read from the raw query.
 */
export function readQuery(event: HttpEvent): Query {
  const { rawQueryString, multiValueQueryStringParameters: multiple, queryStringParameters: single } = event
  if (typeof rawQueryString === 'string') return collect(new URLSearchParams(rawQueryString))
  const pairs = Object.entries(multiple ?? single ?? {}).flatMap(([name, values]) =>
    [values ?? []].flat().map((value: string) => [name, value] as const),
  )
  // A load balancer does not decode the query.
  return collect(isAlb(event) ? pairs.map(([name, value]) => [decodePart(name), decodePart(value)]) : pairs)
}

function collect(pairs: Iterable<readonly [string, string]>): Query {
  const query: Query = Object.create(null)
  for (const [name, value] of pairs) {
    const before = query[name]
    if (before === undefined) query[name] = value
    else if (Array.isArray(before)) before.push(value)
    else query[name] = [before, value]
  }
  return query
}

/**
 * Decodes as `URLSearchParams` does (WHATWG URL, application/x-www-form-urlencoded): malformed escapes stay unchanged.
 */
function decodePart(text: string): string {
  const [value = ''] = new URLSearchParams(`v=${text.replaceAll('&', '%26')}`).values()
  return value
}
