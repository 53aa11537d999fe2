import { randomUUID } from 'node:crypto'

/**
 * A new UUID of version 7: the time in milliseconds, and 74 random bits. Keys that were made one after the other lie
 * beside one another in an index; those of one millisecond are in no order, which nothing here needs.
 *
 * Source: RFC 9562, section 5.7.
 */
export function uuidv7(now = Date.now()): string {
  const time = now.toString(16).padStart(12, '0')
  // What follows the version is random in version 4, too, and the variant is the same.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
