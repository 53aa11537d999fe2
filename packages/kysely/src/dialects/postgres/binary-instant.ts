import type { Value } from '../table.ts'

/** A day and a time of day. */
export interface DateParts {
  /** Days since 1 January 2000. */
  readonly day: number
  /** Microseconds of the day. */
  readonly micros: number
  /** Minutes that local time is ahead of UTC, if the text has an offset. */
  readonly offset: number | undefined
}

const microsOfDay = 86_400_000_000
const epochDay = 10_957
const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** The values of the two infinite times. */
const infinities: ReadonlyMap<unknown, bigint> = new Map([
  ['infinity', 2n ** 63n - 1n],
  ['-infinity', -(2n ** 63n)],
])

/**
 * Microseconds since 2000, as Postgres stores a `timestamp` and a `timestamptz`; `undefined` if the text is not in
 * the format of ISO 8601 that means the same with any setting of the session.
 *
 * @param isInstant true for a `timestamptz`; a `timestamp` keeps local time and drops the offset
 */
export function microsOf(value: Value, isInstant: boolean): number | bigint | undefined {
  if (typeof value !== 'string') return undefined
  const parts = dateParts(value)
  if (parts === undefined) return infinities.get(value)
  const { day, micros, offset } = parts
  // Without an offset, the time zone of the session applies.
  if (isInstant && offset === undefined) return undefined
  const ofDay = isInstant ? micros - (offset ?? 0) * 60_000_000 : micros
  const number = day * microsOfDay + ofDay
  return Number.isSafeInteger(number) ? number : BigInt(day) * BigInt(microsOfDay) + BigInt(ofDay)
}

/** Reads `2026-01-02`, with an optional `T03:04:05.678901+01:00`. Years are 1 to 9999. */
export function dateParts(text: string): DateParts | undefined {
  if (text.length < 10 || text.charCodeAt(4) !== dash || text.charCodeAt(7) !== dash) return undefined
  const year = two(text, 0) * 100 + two(text, 2)
  const month = two(text, 5)
  const date = two(text, 8)
  // A missing digit gives NaN, which is in no range.
  if (!(year >= 1 && month >= 1 && month <= 12 && date >= 1 && date <= lastOf(month, year))) return undefined
  const day = dayOf(year, month, date)
  if (text.length === 10) return { day, micros: 0, offset: undefined }
  const separator = text.charCodeAt(10)
  if (separator !== 0x54 && separator !== 0x20) return undefined
  return timeParts(text, day)
}

const dash = 0x2d
const colon = 0x3a

function timeParts(text: string, day: number): DateParts | undefined {
  if (text.charCodeAt(13) !== colon || text.charCodeAt(16) !== colon) return undefined
  const hour = two(text, 11)
  const minute = two(text, 14)
  const second = two(text, 17)
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return undefined
  let at = 19
  let fraction = 0
  if (text.charCodeAt(at) === 0x2e) {
    at += 1
    let unit = 100_000
    for (; at < text.length && isDigit(text.charCodeAt(at)); at += 1) {
      // The server rounds a seventh digit.
      if (unit < 1) return undefined
      fraction += (text.charCodeAt(at) - 48) * unit
      unit = Math.floor(unit / 10)
    }
    if (at === 20) return undefined
  }
  const offset = at === text.length ? undefined : offsetOf(text, at)
  if (Number.isNaN(offset)) return undefined
  return { day, micros: ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction, offset }
}

/** `Z`, `+01` or `+01:00`; NaN for anything else. */
function offsetOf(text: string, at: number): number {
  const sign = text.charCodeAt(at)
  const length = text.length - at
  if (sign === 0x5a && length === 1) return 0
  if (sign !== 0x2b && sign !== dash) return Number.NaN
  const hours = length === 3 || (length === 6 && text.charCodeAt(at + 3) === colon) ? two(text, at + 1) : 99
  const minutes = length === 6 ? two(text, at + 4) : 0
  if (!(hours <= 15 && minutes <= 59)) return Number.NaN
  return (sign === dash ? -1 : 1) * (hours * 60 + minutes)
}

function two(text: string, at: number): number {
  const high = text.charCodeAt(at)
  const low = text.charCodeAt(at + 1)
  return isDigit(high) && isDigit(low) ? (high - 48) * 10 + low - 48 : Number.NaN
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

function lastOf(month: number, year: number): number {
  if (month !== 2) return daysOfMonth[month - 1] as number
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
}

/** Days since 2000 of a day of the Gregorian calendar, which Postgres extends to all times (its appendix B.6). */
function dayOf(year: number, month: number, date: number): number {
  // With years that begin in March, the leap day is the last day.
  const shifted = month > 2 ? year : year - 1
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + date - 1
  const leapDays = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400)
  // 719,468 days lie between 1 March of the year 0 and 1970.
  return shifted * 365 + leapDays + ofYear - 719_468 - epochDay
}
