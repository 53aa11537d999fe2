import { done, type MessageRecord, type Outcome, park } from '@spillway/message'
import { bodyFingerprint } from '@spillway/message/internal'
import type { KnownKeys } from '../inbox/inbox.ts'
import { duplicateOutcome } from '../isolation/assessor.ts'

/** A key of a batch, with its first message. */
export interface Entry<Body> {
  readonly consumer: string
  readonly key: string
  /** In hexadecimal; `null` matches any. */
  readonly fingerprint: string | null
  /** The first message with the key. */
  readonly message: MessageRecord<Body>
  /** If the message is the redriven copy of a parked record, the id of that record. */
  readonly redriveOf: string | undefined
  readonly receiveCount: number
  /** The positions of its records in the batch, in order. */
  readonly occurrences: readonly Occurrence[]
}

interface Occurrence {
  readonly position: number
  readonly fingerprint: string | null
}

/** Merges entries to one for each key and consumer. The first message represents the others. */
export function mergeByKey<Body>(entries: readonly Entry<Body>[]): Entry<Body>[] {
  const byKey = new Map<string, Entry<Body>>()
  for (const entry of entries) {
    const id = JSON.stringify([entry.consumer, entry.key])
    const first = byKey.get(id)
    byKey.set(
      id,
      first === undefined ? entry : { ...first, occurrences: [...first.occurrences, ...entry.occurrences] },
    )
  }
  return [...byKey.values()]
}

/** The outcome of a further record with the key of a message, from the outcome of that message. */
export function outcomeOfOccurrence<Body>(
  entry: Entry<Body>,
  { fingerprint }: Occurrence,
  outcome: Outcome,
): Outcome {
  if (outcome.kind === 'done' && !isSame(entry.fingerprint, fingerprint)) return keyConflict()
  return duplicateOutcome(outcome)
}

/** Whether two fingerprints may belong to one body. */
export function isSame(one: string | null, other: string | null): boolean {
  return one === null || other === null || one === other
}

/** The outcome of a message whose key was used before, with another body. */
export function keyConflict(before: 'written' | 'parked' = 'written'): Outcome {
  const fate = before === 'written' ? 'is written, this one is not' : 'is parked, and so is this one'
  return park({
    code: 'SPILLWAY_KEY_CONFLICT',
    detail: `The key was used before, with another body; that message ${fate}.`,
  })
}

/** The outcome of a message from the entry of its key in the inbox: done, unless it was parked or had another body. */
export function outcomeOf<Body>({ key, fingerprint }: Entry<Body>, known: KnownKeys): Outcome {
  const before = known.get(key)
  if (before === undefined) return done()
  const { parked } = before
  if (!isSame(before.fingerprint, fingerprint))
    return keyConflict(parked === undefined ? 'written' : 'parked')
  return parked === undefined ? done() : park(parked.reason, { recordId: parked.recordId })
}

/** Returns the value that must be equal for two messages with one key; `false` if only the key counts. */
export type FingerprintOption<Body> = false | ((message: MessageRecord<Body>) => unknown)

/**
 * The fingerprint of a message for the inbox: by default that of its body in the envelope; `null` for a message without
 * a fingerprint.
 *
 * @throws whatever the function throws, and TypeError for a value that JSON cannot represent or a malformed
 * fingerprint
 */
export function fingerprintOf<Body>(
  message: MessageRecord<Body>,
  option: FingerprintOption<Body> | undefined,
): string | null {
  if (option === false) return null
  if (option !== undefined) return bodyFingerprint(JSON.parse(JSON.stringify(option(message))))
  const fingerprint = message.fingerprint?.()
  if (fingerprint === undefined) return null
  if (!/^[0-9a-f]{64}$/.test(fingerprint)) throw new TypeError('the fingerprint of the record is malformed')
  return fingerprint
}
