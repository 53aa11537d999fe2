import { nearest } from '@spillway/message/internal'
import { printable } from './printable.ts'
import type { ParkedCopy } from './read-copy.ts'
import { type Filters, movedCode } from './select.ts'

/** The number of copies by code. */
export type CodeCounts = Map<string, number>

/** Counts a copy. */
export function countCode(counts: CodeCounts, { code = movedCode }: Pick<ParkedCopy, 'code'>): void {
  counts.set(code, (counts.get(code) ?? 0) + 1)
}

/** The codes as text: `moved (3), SPILLWAY_BODY_INVALID (1)`. */
export function codesText(counts: CodeCounts): string {
  return [...counts].map(([code, count]) => `${printable(code)} (${count})`).join(', ')
}

/** ` Did you mean …?` when no copy has a code of the filter but some have a similar one; empty otherwise. */
export function meantCode(counts: CodeCounts, { codes }: Pick<Filters, 'codes'>): string {
  const unknown = codes.filter((code) => !counts.has(code))
  const near = unknown.map((code) => nearest(code, [...counts.keys()])).find((code) => code !== undefined)
  return near === undefined ? '' : ` Did you mean --code ${printable(near)}?`
}
