import type { Issue } from '@spillway/message'
import { toPointer } from '@spillway/message/internal'
import { denotes } from './exact-integer.ts'

/**
 * Whether a number that a schema made of a text is not the integer that the text denotes: `z.coerce.number()` makes one
 * number of `1524831183200260097` and `…098`.
 *
 * @param value a number beyond 2^53 - 1
 */
export function isMisread(text: string, value: number): boolean {
  return Number(text) === value && !denotes(text.trim(), value)
}

/**
 * The places at which a schema made another integer of a text: two bodies that travel unharmed would have one key, and
 * one value in the database.
 */
export function findMisread(input: unknown, output: unknown): readonly Issue[] {
  const issues: Issue[] = []
  const path: PropertyKey[] = []
  // The whole body as the only item of a list.
  visit([input], [output])
  return issues

  // Only where the schema has made something new, itself on the stack, does this go deeper.
  function visit(from: object, to: object): void {
    for (const key of Array.isArray(to) ? to.keys() : Object.keys(to)) {
      const made: unknown = (to as Container)[key]
      // Nearly all numbers and texts of a body end here.
      if (typeof made === 'number' ? Math.abs(made) <= Number.MAX_SAFE_INTEGER : typeof made !== 'object')
        continue
      const source: unknown = (from as Container)[key]
      if (source === made || !source || !made) continue
      path.push(key)
      if (typeof made === 'object' && typeof source === 'object') visit(source, made)
      else if (typeof made === 'number' && typeof source === 'string' && isMisread(source, made))
        issues.push({ path: toPointer(path.slice(1)), message })
      path.pop()
    }
  }
}

type Container = Readonly<Record<PropertyKey, unknown>>

const message = 'The integer is beyond 2^53 - 1, where several become the same number'
