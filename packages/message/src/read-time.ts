/** What `Date.prototype.toISOString` writes before the seconds, for the years 0 to 9999. */
const writtenMinute = /^\d{4}-\d\d-\d\dT\d\d:\d\d:$/

/** The characters before the seconds. */
const minuteLength = 17

/** Milliseconds. */
const day = 86_400_000

/** The minute that was parsed last: most messages of a batch were sent within one minute. */
let last = { text: '?', time: 0 }

/**
 * Parses a time like `new Date(text)`, but faster for the form that `toISOString` writes, which is in every envelope.
 * `new Date` would take a twentieth of the time that a record of a batch takes.
 */
export function readTime(text: string): Date {
  const rest = text.length === 24 ? readRest(text) : -1
  if (rest < 0) return new Date(text)
  if (!text.startsWith(last.text)) {
    const minute = text.slice(0, minuteLength)
    const time = readMinute(minute)
    if (time === undefined) return new Date(text)
    last = { text: minute, time }
  }
  return new Date(last.time + rest)
}

/** The milliseconds in `SS.sssZ`, the end of a time; below 0 where it has another form. */
function readRest(text: string): number {
  if (text.charCodeAt(19) !== dot || text.charCodeAt(23) !== zulu) return -1
  const tens = digit(text, 17)
  if (tens > 5) return -1
  const seconds = tens * 10 + digit(text, 18)
  return seconds * 1000 + digit(text, 20) * 100 + digit(text, 21) * 10 + digit(text, 22)
}

const dot = 46
const zulu = 90

/** A digit of a text. For any other character a number so low that each sum with it is negative. */
function digit(text: string, index: number): number {
  const value = text.charCodeAt(index) - 48
  return value >= 0 && value <= 9 ? value : -1_000_000
}

/** The time at which a minute begins; `undefined` where `new Date` has to decide, for a 31st for example. */
function readMinute(text: string): number | undefined {
  if (!writtenMinute.test(text)) return undefined
  const month = digits(text, 5, 7)
  const date = digits(text, 8, 10)
  const hour = digits(text, 11, 13)
  const minute = digits(text, 14, 16)
  const isDay = month >= 1 && month <= 12 && date >= 1 && date <= (month === 2 ? 28 : 30)
  if (!isDay || hour > 23 || minute > 59) return undefined
  return daysSinceEpoch(digits(text, 0, 4), month, date) * day + (hour * 60 + minute) * 60_000
}

function digits(text: string, from: number, to: number): number {
  let number = 0
  for (let index = from; index < to; index++) number = number * 10 + text.charCodeAt(index) - 48
  return number
}

/** In the proleptic Gregorian calendar. Years are shifted to begin in March, so that a leap day is the last day. */
function daysSinceEpoch(year: number, month: number, date: number): number {
  const shifted = month > 2 ? year : year - 1
  const leaps = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400)
  const ofMonths = Math.floor((153 * ((month + 9) % 12) + 2) / 5)
  return shifted * 365 + leaps + ofMonths + date - 719_469
}
