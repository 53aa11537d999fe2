import { createHash } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'

/**
 * What two bodies have in common only when they are the same: SHA-256 over their canonical JSON, in 64 lower-case
 * hexadecimal digits.
 *
 * @throws TypeError for a body that JSON cannot hold
 */
export function bodyFingerprint(body: unknown): string {
  return createHash('sha256').update(canonicalJson(body)).digest('hex')
}
