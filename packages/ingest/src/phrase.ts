import { STATUS_CODES } from 'node:http'

/** The phrase of a status (RFC 9110, section 15). */
export function phraseOf(status: number): string {
  // For these two, Node has the older phrases of RFC 2616 and RFC 4918.
  if (status === 413) return 'Content Too Large'
  if (status === 422) return 'Unprocessable Content'
  return STATUS_CODES[status] ?? 'Error'
}
