import { createHash } from 'node:crypto'
import { isText } from '../message.ts'

/**
 * A text as a key: as it is where it can be one, else its SHA-256. What a cloud event or an object is called may be longer
 * than a key.
 */
export function toKey(text: string): string {
  return isText(text, 256) ? text : createHash('sha256').update(text).digest('hex')
}
