import { readTime } from '../read-time.ts'

/** Converts a text of RFC 3339, milliseconds since 1970 or a `Date` to a time; `undefined` for any other value. */
export function timeOf(value: unknown): Date | undefined {
  const time =
    typeof value === 'string'
      ? readTime(value)
      : new Date(typeof value === 'number' || value instanceof Date ? value : Number.NaN)
  return Number.isNaN(time.getTime()) ? undefined : time
}
