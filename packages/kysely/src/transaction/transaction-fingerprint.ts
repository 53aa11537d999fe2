import type { MessageRecord } from '@spillway/message'
import { bodyFingerprint } from '@spillway/message/internal'

/** What two messages with one key have to have in common; `false` for nothing beside the key. */
export type FingerprintOption<Body> = false | ((message: MessageRecord<Body>) => unknown)

/**
 * The fingerprint of a message for the inbox: by default that of its body on the wire, `null` for a message that came
 * over none.
 *
 * @throws whatever the function throws, and TypeError when it gives what JSON cannot hold or a record's fingerprint is
 * none
 */
export function fingerprintOf<Body>(
  message: MessageRecord<Body>,
  option: FingerprintOption<Body> | undefined,
): string | null {
  if (option === false) return null
  if (option !== undefined) return bodyFingerprint(JSON.parse(JSON.stringify(option(message))))
  const fingerprint = message.fingerprint?.()
  if (fingerprint === undefined) return null
  if (!/^[0-9a-f]{64}$/.test(fingerprint)) throw new TypeError('the fingerprint of the record is none')
  return fingerprint
}
