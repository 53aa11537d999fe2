import { HttpError } from './http-error.ts'
import { type HttpEvent, isPathDecoded, readPath } from './http-event.ts'

/** Reads the path parameters of an event. */
export type ReadPath = (event: HttpEvent) => Readonly<Record<string, string | undefined>>

/**
 * Reads path parameters, decoded: those of the event, else those of a route such as `/orders/{id}` or `/files/{path+}`.
 * The events of Function URLs and load balancers have none of their own.
 */
export function pathReader(route: string | undefined): ReadPath {
  const pattern = route === undefined ? undefined : toPattern(route)
  return (event) => {
    const parameters = event.pathParameters ?? (pattern === undefined ? {} : match(pattern, event))
    if (isPathDecoded(event)) return { ...parameters }
    return Object.fromEntries(
      Object.entries(parameters).map(([name, text]) => [name, text && decodePath(text)]),
    )
  }
}

function match(pattern: RegExp, event: HttpEvent): Readonly<Record<string, string | undefined>> {
  const found = pattern.exec(readPath(event))
  if (found === null) throw notFound()
  return found.groups ?? {}
}

/**
 * Whether a text is a route: it begins with `/`, each parameter is a whole segment, and the last one may be greedy. A
 * route with `/:name`, the notation of other frameworks, would match no path.
 */
export function isRoute(value: unknown): boolean {
  if (typeof value !== 'string' || value === '' || value.includes('/:')) return false
  const names = [...value.matchAll(/\{(\w+)\+?\}/g)].map(([, name]) => name)
  return (
    /^(?:\/(?:[^{}/]*|\{[A-Za-z_]\w*\}))*(?:\/\{[A-Za-z_]\w*\+\})?$/.test(value) &&
    new Set(names).size === names.length
  )
}

function toPattern(route: string): RegExp {
  const segments = route.split('/').map((segment) => {
    const [, name, greedy] = /^\{(\w+)(\+?)\}$/.exec(segment) ?? []
    if (name === undefined) return segment.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    return `(?<${name}>${greedy === '+' ? '.+' : '[^/]+'})`
  })
  return new RegExp(`^${segments.join('/')}/?$`)
}

function decodePath(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw notFound()
  }
}

function notFound(): HttpError {
  return new HttpError(404, 'SPILLWAY_REQUEST_INVALID', 'There is nothing at this path.')
}
