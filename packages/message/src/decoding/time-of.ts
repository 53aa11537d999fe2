import { readTime } from '../read-time.ts'

/** A time out of a text of RFC 3339, milliseconds since 1970, or a `Date`; `undefined` for what is none. */
export function timeOf(value: unknown): Date | undefined {
  const time =
    typeof value === 'string'
      ? readTime(value)
      : new Date(typeof value === 'number' || value instanceof Date ? value : Number.NaN)
  return Number.isNaN(time.getTime()) ? undefined : time
}
