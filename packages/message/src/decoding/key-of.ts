import { createHash } from 'node:crypto'
import { isText } from '../message.ts'

/**
 * A text as a key: the text itself if it is a valid key, else its SHA-256. The id of a CloudEvent or the name of an
 * object may be longer than a key.
 */
export function toKey(text: string): string {
  return isText(text, 256) ? text : createHash('sha256').update(text).digest('hex')
}
