import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isObject } from './plain.ts'
import { redact } from './redact.ts'

/** Why one place of a body is invalid. */
export interface Issue {
  /** JSON Pointer (RFC 6901) to the place; `''` is the whole body. */
  readonly path: string
  /** The reason in the validator's words, without the values that they quote. */
  readonly message: string
}

type Path = readonly (PropertyKey | StandardSchemaV1.PathSegment)[]

/** Nobody reads more, and a large body can have half a million. */
const mostIssues = 1000

/**
 * Turns the issues of a Standard Schema validator, at most 1,000, into {@link Issue}s with JSON Pointer paths.
 *
 * @param value what was validated: no message quotes what stands at its own path
 */
export function toIssues(issues: readonly StandardSchemaV1.Issue[], value: unknown): readonly Issue[] {
  return issues.slice(0, mostIssues).map((issue) => {
    const { path = [] } = issue
    return { path: toPointer(path.map(keyOf)), message: redact(issue, valueAt(value, path)) }
  })
}

/** A JSON Pointer of its tokens (RFC 6901, section 3). */
export function toPointer(tokens: readonly PropertyKey[]): string {
  return tokens.map((token) => `/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function keyOf(segment: Path[number]): PropertyKey {
  return typeof segment === 'object' ? segment.key : segment
}

/** What stands at a path. Inside a text or a number, of which a transform made something with places, it is that. */
export function valueAt(value: unknown, path: Path): unknown {
  let found = value
  for (const segment of path) {
    if (!isObject(found)) return found
    const key = keyOf(segment)
    if (!Object.hasOwn(found, key)) return undefined
    found = found[key]
  }
  return found
}
