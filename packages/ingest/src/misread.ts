import type { Issue } from '@spillway/message'
import { toPointer } from '@spillway/message/internal'
import { denotes } from './exact-integer.ts'
import { inexact } from './inspect-body.ts'

/**
 * Whether a schema made another integer of a text than the text denotes: `z.coerce.number()` turns
 * `1524831183200260097` and
 * `…098` into the same number.
 *
 * @param value a number beyond 2^53 - 1
 */
export function isMisread(text: string, value: number): boolean {
  return Number(text) === value && !denotes(text.trim(), value)
}

/**
 * The places at which a schema made another integer of a text. Two different bodies could get the same key, and the
 * same value in the database.
 */
export function findMisread(input: unknown, output: unknown): readonly Issue[] {
  const issues: Issue[] = []
  const path: PropertyKey[] = []
  // The whole body as the only item of a list.
  visit([input], [output])
  return issues

  // Recursion is safe: it only enters what the schema made itself, by recursion of its own.
  function visit(from: object, to: object): void {
    // Runs over each value of each body: an index costs less than an iterator.
    const names = Array.isArray(to) ? undefined : Object.keys(to)
    const count = names?.length ?? (to as readonly unknown[]).length
    for (let index = 0; index < count; index++) {
      const key = names?.[index] ?? index
      const made: unknown = (to as Container)[key]
      // Nearly all numbers and texts of a body end here.
      if (typeof made === 'number' ? Math.abs(made) <= Number.MAX_SAFE_INTEGER : typeof made !== 'object')
        continue
      const source: unknown = (from as Container)[key]
      if (source === made || !source || !made) continue
      path.push(key)
      if (typeof made === 'object' && typeof source === 'object') visit(source, made)
      else if (typeof made === 'number' && typeof source === 'string' && isMisread(source, made))
        issues.push({ path: toPointer(path.slice(1)), message: inexact })
      path.pop()
    }
  }
}

type Container = Readonly<Record<PropertyKey, unknown>>
