import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isObject } from './plain.ts'
import { redact } from './redact.ts'

/** Why one place of a body is invalid. */
export interface Issue {
  /** JSON Pointer (RFC 6901) to the place; `''` is the whole body. */
  readonly path: string
  /** The message of the validator, without values that it quotes. */
  readonly message: string
}

type Path = readonly (PropertyKey | StandardSchemaV1.PathSegment)[]

/** A large body can have half a million issues. */
const mostIssues = 1000

/**
 * Turns the issues of a Standard Schema validator, at most 1,000, into {@link Issue}s with JSON Pointer paths.
 *
 * @param value the validated value. Messages are redacted: none quotes the value at its path
 */
export function toIssues(issues: readonly StandardSchemaV1.Issue[], value: unknown): readonly Issue[] {
  return issues.slice(0, mostIssues).map((issue) => {
    const { path = [] } = issue
    return { path: toPointer(path.map(keyOf)), message: redact(issue, valueAt(value, path)) }
  })
}

/** The JSON Pointer of a list of tokens (RFC 6901, section 3). */
export function toPointer(tokens: readonly PropertyKey[]): string {
  return tokens.map((token) => `/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function keyOf(segment: Path[number]): PropertyKey {
  return typeof segment === 'object' ? segment.key : segment
}

/**
 * The value at a path. A path may lead into a text or a number that a transform made an object of: then it is that
 * value.
 */
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
