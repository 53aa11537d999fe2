import type { Issue } from '@spillway/message'
import { toPointer } from '@spillway/message/internal'
import { denotes } from './exact-integer.ts'

/**
 * Whether a number that a schema made of a text is not the integer that the text denotes: `z.coerce.number()` makes one
 * number of `1524831183200260097` and `…098`. Also whether a fraction was lost that far out.
 */
export function isMisread(text: string, value: number): boolean {
  return (
    Number.isInteger(value) &&
    !Number.isSafeInteger(value) &&
    Number(text) === value &&
    !denotes(text.trim(), value)
  )
}

/**
 * The places at which a schema made another integer of a text: two bodies that travel unharmed would have one key, and
 * one value in the database.
 */
export function findMisread(input: unknown, output: unknown): readonly Issue[] {
  const issues: Issue[] = []
  const path: PropertyKey[] = []
  visit(input, output)
  return issues

  // Only where the schema has made something new, itself on the stack, does this go deeper.
  function visit(from: unknown, to: unknown): void {
    if (typeof to === 'number') {
      if (typeof from === 'string' && isMisread(from, to)) issues.push({ path: toPointer(path), message })
      return
    }
    if (from === to || typeof from !== 'object' || typeof to !== 'object' || from === null || to === null)
      return
    for (const key of Array.isArray(to) ? to.keys() : Object.keys(to)) {
      if (!Object.hasOwn(from, key)) continue
      path.push(key)
      visit((from as Container)[key], (to as Container)[key])
      path.pop()
    }
  }
}

type Container = Readonly<Record<PropertyKey, unknown>>

const message = 'The integer is beyond 2^53 - 1, where several become the same number'
