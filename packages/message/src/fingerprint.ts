import { createHash } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'

/**
 * Tells whether two bodies are the same: SHA-256 over the canonical JSON of a body, in 64 lower-case hexadecimal
 * digits.
 *
 * @throws TypeError for a body that JSON cannot hold
 */
export function bodyFingerprint(body: unknown): string {
  return createHash('sha256').update(canonicalJson(body)).digest('hex')
}
