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

/** The least time to send a copy, in milliseconds. A copy whose answer comes too late would be sent again. */
const leastMs = 300

/**
 * How long only the record for which the decision was made may send the copy, in milliseconds. After it another record of
 * the same message sends the copy.
 */
const ownerMs = 900_000

/** A record that is to be parked. */
export interface Parking {
  readonly record: SourceRecord
  readonly reason: ParkReason
  /** `undefined` for a record without a message, which has no key. */
  readonly identity?: MessageIdentity | undefined
  readonly at: Date
}

/** What {@link parkOnce} needs of a source. */
export interface ParkedKeeper {
  readonly store: ParkedStore | undefined
  readonly logger: Logger
  readonly clock: Clock
}

/**
 * Parks a record: commits the decision in the store, sends the copy unless an earlier delivery did, and notes the copy in
 * the store.
 *
 * No copy is sent before the decision is committed, so that a failing store does not cause a second copy. If a client
 * repeated its request, several records have the same message: one of them sends the copy. If the store cannot note the
 * copy, the record counts as parked and leaves its queue.
 *
 * @param sendCopy resolves when the copy is confirmed. The copy must have the given id, of the record for which the parking
 * was decided: with it, a redriven copy opens the key of its message
 * @throws SpillwayError `SPILLWAY_PARK_FAILED` when the decision is not committed; the errors of `sendCopy`
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
      'spillway: a copy is in the dead-letter queue, but the parked store did not note it. If the record is delivered again, a second copy is sent.',
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
    'Another record of the same message is being parked. No second copy is sent, and this record is delivered again.',
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
      `The parked store did not take the entry of a record (${cause.name}). No copy is sent, and the record is delivered again.`,
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
 * Finds the records that an earlier delivery decided to park, and their reasons.
 *
 * @throws the errors of the store
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
