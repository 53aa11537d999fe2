import type {
  Logger,
  MessageIdentity,
  ParkDecision,
  ParkedEntry,
  ParkedStore,
  ParkReason,
  SourceRecord,
  TimeLimit,
} from '@spillway/message'
import { SpillwayError, toError } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { standsFor } from '@spillway/message/internal'
import { within } from '../time/deadline.ts'

/** Milliseconds after which a call of the store counts as failed. */
const attemptMs = 5000

/** Milliseconds that have to be left to send a copy: one whose answer comes too late would be sent again. */
const leastMs = 300

/**
 * How long a decision belongs to the record for which it was made: that one sends the copy. Another record of the same
 * message waits, and sends it only when the first one did not come back in that time. Milliseconds.
 */
const ownerMs = 900_000

/** A record that is to be parked. */
export interface Parking {
  readonly record: SourceRecord
  readonly reason: ParkReason
  /** `undefined` for a record that holds no message: there is no key under which anybody could ask for it. */
  readonly identity?: MessageIdentity | undefined
  readonly at: Date
}

/** Where decisions to park are kept, and who hears of a copy that the store could not note. */
export interface ParkedKeeper {
  readonly store: ParkedStore | undefined
  readonly logger: Logger
  readonly clock: Clock
}

/**
 * Parks a record: commits the decision in the store, sends the copy unless an earlier delivery did, and notes it.
 *
 * Nothing is sent before the decision is committed, so a store that fails costs no second copy. Of several records of one
 * message, which a client makes that repeats its request, one sends the copy. A copy that the store cannot note counts as
 * sent: the record leaves its queue.
 *
 * @param sendCopy resolves once the copy is confirmed. It takes the id of the record for which the parking was decided,
 * which the copy has to carry: with it the copy opens the key of its message, should it come back
 * @throws SpillwayError `SPILLWAY_PARK_FAILED` when the decision is not committed, and what `sendCopy` throws
 */
export async function parkOnce(
  { store, logger, clock }: ParkedKeeper,
  { record, reason, identity, at }: Parking,
  limit: TimeLimit,
  sendCopy: (recordId: string) => Promise<void>,
): Promise<void> {
  const recordId = identity?.decidedFor ?? record.id
  if (store === undefined || identity === undefined) return sendCopy(recordId)
  const { name, key } = identity
  const decision = { name, key, reason, at, ...deliveryOf(record, identity), recordId }
  const entry = await put(store, decision, limit, clock)
  if (entry.copied) return
  if (entry.recordId !== record.id && at.getTime() - entry.at.getTime() < ownerMs) throw ownedByAnother()
  if (limit.remainingTime() < leastMs) throw tooLate()
  await sendCopy(entry.recordId)
  try {
    await within(limit, attemptMs, (own) => store.confirm(entry, own), clock)
  } catch (thrown) {
    logger.warn(
      'spillway: a copy is in the dead-letter queue, but the parked store did not note it. Should the record be delivered again, a second copy is sent.',
      { id: record.id, key, error: thrown },
    )
  }
}

function tooLate(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_PARK_FAILED',
    'No time was left to send the copy of a record. It is delivered again: give `batch` a longer `guard`.',
  )
}

function ownedByAnother(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_PARK_FAILED',
    'Another record of the same message is being parked. No second copy is sent; this record is delivered again.',
  )
}

async function put(
  store: ParkedStore,
  decision: ParkDecision,
  limit: TimeLimit,
  clock: Clock,
): Promise<ParkedEntry> {
  try {
    return await within(limit, attemptMs, (own) => store.put(decision, own), clock)
  } catch (thrown) {
    const cause = toError(thrown)
    throw new SpillwayError(
      'SPILLWAY_PARK_FAILED',
      `The parked store did not take the entry of a record (${cause.name}). No copy is sent; the record is delivered again.`,
      { cause },
    )
  }
}

/** A record that may have been delivered before. */
export interface Redelivery {
  readonly record: SourceRecord
  readonly identity: MessageIdentity
}

/**
 * The reasons of those records that a decision of an earlier delivery parks.
 *
 * @throws what the store throws
 */
export async function findParked(
  store: ParkedStore,
  records: readonly Redelivery[],
  limit: TimeLimit,
  clock: Clock,
): Promise<ReadonlyMap<SourceRecord, ParkReason>> {
  const found = new Map<SourceRecord, ParkReason>()
  for (const [name, ofName] of Map.groupBy(records, ({ identity }) => identity.name)) {
    const keys = [...new Set(ofName.map(({ identity }) => identity.key))]
    const entries = await within(limit, attemptMs, (own) => store.findAll(name, keys, own), clock)
    for (const { record, identity } of ofName) {
      const entry = entries.get(identity.key)
      if (entry !== undefined && standsFor(entry, deliveryOf(record, identity)))
        found.set(record, entry.reason)
    }
  }
  return found
}

function deliveryOf(record: SourceRecord, identity: MessageIdentity) {
  return {
    recordId: record.id,
    fingerprint: identity.fingerprint(),
    redriveOf: record.redriveOf ?? identity.redriveOf,
  }
}
