import { HttpError } from './http-error.ts'
import type { HttpEvent } from './http-event.ts'

/** Reads the path parameters of an event. */
export type ReadPath = (event: HttpEvent) => Readonly<Record<string, string | undefined>>

/**
 * Reads path parameters: those that API Gateway found, else those of a route such as `/orders/{id}` or
 * `/files/{path+}`, which is how Function URLs and load balancers get any.
 */
export function pathReader(route: string | undefined): ReadPath {
  const pattern = route === undefined ? undefined : toPattern(route)
  return (event) => {
    const { pathParameters } = event
    if (pathParameters !== undefined && pathParameters !== null) return { ...pathParameters }
    if (pattern === undefined) return {}
    const found = pattern.exec(event.rawPath ?? event.path ?? '/')
    if (found === null) throw notFound()
    return Object.fromEntries(Object.entries(found.groups ?? {}).map(([name, text]) => [name, decode(text)]))
  }
}

/** Whether a text is a route: it begins with `/`, and its parameters fill whole segments. */
export function isRoute(value: unknown): boolean {
  if (typeof value !== 'string') return false
  const names = [...value.matchAll(/\{(\w+)\+?\}/g)].map(([, name]) => name)
  return /^(?:\/(?:[^{}/]*|\{[A-Za-z_]\w*\+?\}))+$/.test(value) && new Set(names).size === names.length
}

function toPattern(route: string): RegExp {
  const segments = route.split('/').map((segment) => {
    const [, name, greedy] = /^\{(\w+)(\+?)\}$/.exec(segment) ?? []
    if (name === undefined) return segment.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    return `(?<${name}>${greedy === '+' ? '.+' : '[^/]+'})`
  })
  return new RegExp(`^${segments.join('/')}/?$`)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw notFound()
  }
}

function notFound(): HttpError {
  return new HttpError(404, 'SPILLWAY_REQUEST_INVALID', 'There is nothing at this path.')
}
