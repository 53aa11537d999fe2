import type { StandardSchemaV1 } from '@standard-schema/spec'

/** Why one place of a body is invalid. */
export interface Issue {
  /** JSON Pointer (RFC 6901) to the place; `''` is the whole body. */
  readonly path: string
  /** The reason in the validator's words. */
  readonly message: string
}

/** Turns the issues of a Standard Schema validator into {@link Issue}s with JSON Pointer paths. */
export function toIssues(issues: readonly StandardSchemaV1.Issue[]): readonly Issue[] {
  return issues.map((issue) => ({ path: toPointer(issue.path ?? []), message: issue.message }))
}

function toPointer(path: readonly (PropertyKey | StandardSchemaV1.PathSegment)[]): string {
  return path
    .map((segment) => String(typeof segment === 'object' ? segment.key : segment))
    .map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
}
