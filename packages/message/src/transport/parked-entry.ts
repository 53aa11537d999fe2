import { SpillwayError, toError } from '../error.ts'
import { isText } from '../message.ts'
import type { ParkReason } from '../outcome.ts'
import type { ParkedStore, SourceRecord, TimeLimit } from '../ports.ts'
import { within } from './time.ts'

/** Milliseconds after which an entry counts as not made. */
const attemptMs = 5000

/**
 * Makes the entry of a parked record. A record that holds no readable envelope has none: there is no name or key
 * under which anybody could ask for it.
 *
 * @throws SpillwayError `SPILLWAY_PARK_FAILED` when the store does not confirm it.
 */
export async function putParkedEntry(
  store: ParkedStore,
  record: SourceRecord,
  reason: ParkReason,
  at: Date,
  limit: TimeLimit,
): Promise<void> {
  const identity = readIdentity(record.body)
  if (identity === undefined) return
  const entry = { ...identity, reason, at }
  try {
    await within(limit, attemptMs, (own) => store.put(entry, own))
  } catch (thrown) {
    const cause = toError(thrown)
    throw new SpillwayError(
      'SPILLWAY_PARK_FAILED',
      `The parked store did not take the entry of a record (${cause.name}). It is delivered again, and parked again.`,
      { cause },
    )
  }
}

/** Whose message it is, whether its body is there, valid, or only claimed. */
function readIdentity(text: string): { readonly name: string; readonly key: string } | undefined {
  try {
    const { spillway, name, key } = Object(JSON.parse(text)) as Record<string, unknown>
    return spillway === 1 && isText(name, 128) && isText(key, 256) ? { name, key } : undefined
  } catch {
    return undefined
  }
}
