import type { GatewayRoute } from './types.ts'

/** The route of a request, with its path variables decoded; `undefined` when the path has none. */
export interface RouteMatch {
  readonly route: GatewayRoute
  readonly routeKey: string
  readonly pathParameters: Readonly<Record<string, string>> | undefined
}

interface CompiledRoute {
  readonly route: GatewayRoute
  readonly method: string
  readonly routeKey: string
  readonly segments: readonly string[]
  /** One digit per segment, which sorts the most specific path first. */
  readonly rank: string
}

/**
 * Creates a function that finds the route for a method and a path without query.
 *
 * The most specific path wins (`/a`, then `/{id}`, then `/{proxy+}`), then a method over `ANY` (API Gateway, "Create
 * routes for HTTP APIs in API Gateway").
 */
export function createRouter(
  routes: readonly GatewayRoute[],
): (method: string, path: string) => RouteMatch | undefined {
  const compiled = routes
    .map(compile)
    .sort((a, b) => compare(a.rank, b.rank) || methodRank(a) - methodRank(b))
  return (method, path) => {
    const segments = path.split('/')
    for (const { route, routeKey, segments: pattern, method: wanted } of compiled) {
      if (wanted !== 'ANY' && wanted !== method) continue
      const variables = matchPath(pattern, segments)
      if (variables === undefined) continue
      const pathParameters = variables.length === 0 ? undefined : toRecord(variables)
      return { route, routeKey, pathParameters }
    }
    return undefined
  }
}

/** Decodes a part of a URL; a malformed part stays as it was sent. */
export function decode(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Creates a record with names from a client. It has no prototype, so that `__proto__` is an ordinary name. */
export function toRecord(entries: Iterable<readonly [string, string]>): Record<string, string> {
  const record: Record<string, string> = Object.create(null)
  for (const [name, value] of entries) record[name] = value
  return record
}

function compile(route: GatewayRoute): CompiledRoute {
  const method = route.method.toUpperCase()
  const segments = route.path.split('/')
  const rank = segments.map((segment) => (isGreedy(segment) ? '3' : isVariable(segment) ? '2' : '1')).join('')
  return { route, method, routeKey: `${method} ${route.path}`, segments, rank }
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function methodRank({ method }: CompiledRoute): number {
  return method === 'ANY' ? 1 : 0
}

function isVariable(segment: string): boolean {
  return segment.startsWith('{') && segment.endsWith('}')
}

function isGreedy(segment: string): boolean {
  return isVariable(segment) && segment.endsWith('+}')
}

function matchPath(pattern: readonly string[], path: readonly string[]): [string, string][] | undefined {
  const variables: [string, string][] = []
  for (const [index, segment] of pattern.entries()) {
    const actual = path[index]
    if (actual === undefined) return undefined
    if (isGreedy(segment)) {
      const rest = path.slice(index).join('/')
      return rest === '' ? undefined : [...variables, [segment.slice(1, -2), decode(rest)]]
    }
    if (isVariable(segment)) {
      if (actual === '') return undefined
      variables.push([segment.slice(1, -1), decode(actual)])
    } else if (segment !== actual && segment !== decode(actual)) return undefined
  }
  return pattern.length === path.length ? variables : undefined
}
