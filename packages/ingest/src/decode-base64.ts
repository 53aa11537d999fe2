import { isUtf8 } from 'node:buffer'
import { HttpError } from './http-error.ts'

/**
 * The text of a body in base64.
 *
 * @throws HttpError 400 `SPILLWAY_BODY_MALFORMED` when it is not UTF-8. A decoder replaces each invalid byte by the
 * same character, so two different keys could become the same.
 */
export function decodeBase64(base64: string): string {
  const bytes = Buffer.from(base64, 'base64')
  if (isUtf8(bytes)) return bytes.toString()
  throw new HttpError(400, 'SPILLWAY_BODY_MALFORMED', 'The body is not UTF-8.')
}

/** Whether a text starts with a byte order mark. */
export function startsWithMark(text: string): boolean {
  return text.charCodeAt(0) === 0xfeff
}
