/** Since then no time zone has had an offset with seconds. Liberia was the last, until 7 January 1972 (tz database). */
const wholeMinutesSince = Date.parse('1972-01-08T00:00:00.000Z')
/** The first day of the years that ISO 8601 writes with four digits and Postgres reads as AD. */
const firstInstant = Date.parse('0001-01-02T00:00:00.000Z')

/**
 * Whether local time with its offset is the same instant as in UTC. The offset is written in minutes, but
 * historical offsets have seconds.
 */
export function hasWholeMinutes(date: Date): boolean {
  const time = date.getTime()
  if (time >= wholeMinutesSince) return true
  return time >= firstInstant && date.getSeconds() === date.getUTCSeconds()
}

/**
 * A date in local time with its offset, as node-postgres writes it: `timestamp` and `date` columns drop the offset, and
 * node-postgres reads them as local.
 */
export function localText(date: Date): string {
  const offset = -date.getTimezoneOffset()
  const year = date.getFullYear()
  const minutes = Math.abs(Math.trunc(offset))
  const day = `${pad(year < 1 ? 1 - year : year, 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`
  const zone = `${offset < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`
  // The year 0 of JavaScript is 1 BC in Postgres.
  return `${day}T${time}${zone}${year < 1 ? ' BC' : ''}`
}

function pad(number: number, length = 2): string {
  return String(number).padStart(length, '0')
}
