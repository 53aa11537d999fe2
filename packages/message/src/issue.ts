import type { StandardSchemaV1 } from '@standard-schema/spec'
import { withoutEcho } from './echo.ts'

/** Why one place of a body is invalid. */
export interface Issue {
  /** JSON Pointer (RFC 6901) to the place; `''` is the whole body. */
  readonly path: string
  /** The reason in the validator's words, without the value. */
  readonly message: string
}

type Path = readonly (PropertyKey | StandardSchemaV1.PathSegment)[]

/**
 * Turns the issues of a Standard Schema validator into {@link Issue}s with JSON Pointer paths.
 *
 * @param value what was validated: none of its values is left in a message
 */
export function toIssues(issues: readonly StandardSchemaV1.Issue[], value: unknown): readonly Issue[] {
  return issues.map(({ path = [], message }) => ({
    path: toPointer(path.map(keyOf)),
    message: withoutEcho(message, valueAt(value, path)),
  }))
}

/** A JSON Pointer of its tokens (RFC 6901, section 3). */
export function toPointer(tokens: readonly PropertyKey[]): string {
  return tokens.map((token) => `/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function keyOf(segment: Path[number]): PropertyKey {
  return typeof segment === 'object' ? segment.key : segment
}

function valueAt(value: unknown, path: Path): unknown {
  let found = value
  for (const segment of path) {
    const key = keyOf(segment)
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as Record<PropertyKey, unknown>)[key]
  }
  return found
}
