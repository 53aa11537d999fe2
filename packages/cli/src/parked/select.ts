import type { ParkedCopy } from './read-copy.ts'

/** The code of copies without a code: messages that SQS moved after too many receives. */
export const movedCode = 'moved'

/** Filters for copies. A copy must match all of them; an empty list matches every copy. */
export interface Filters {
  /** {@link movedCode} matches copies without a code. */
  readonly codes: readonly string[]
  readonly keys: readonly string[]
  /** Ids of copies, or of the messages that were parked. */
  readonly ids: readonly string[]
  /** Milliseconds. */
  readonly olderThan: number | undefined
  readonly newerThan: number | undefined
}

/** Creates the test whether a copy matches the filters. */
export function createSelect(filters: Filters, now: number): (copy: ParkedCopy) => boolean {
  const { codes, keys, ids, olderThan, newerThan } = filters
  return function isSelected(copy) {
    const age = ageOf(copy, now)
    return (
      (codes.length === 0 || codes.includes(copy.code ?? movedCode)) &&
      (keys.length === 0 || (copy.key !== undefined && keys.includes(copy.key))) &&
      (ids.length === 0 ||
        ids.includes(copy.id) ||
        (copy.originalId !== undefined && ids.includes(copy.originalId))) &&
      (olderThan === undefined || (age !== undefined && age > olderThan)) &&
      (newerThan === undefined || (age !== undefined && age <= newerThan))
    )
  }
}

/** Milliseconds since a copy was parked; for a message that SQS moved, since it was sent. */
export function ageOf({ parkedAt, sentAt }: ParkedCopy, now: number): number | undefined {
  const since = parkedAt ?? sentAt
  return since === undefined ? undefined : now - since.getTime()
}
