import {
  type MessageIdentity,
  type Outcome,
  park,
  type RecordSource,
  retry,
  type SourceRecord,
  SpillwayError,
} from '@spillway/message'
import { createDeadline, type Deadline, inParallel } from '@spillway/transport'
import type { MessageReader } from './reader.ts'

/** The longest wait for the source: a store that is down must not cost records that it does not know. */
const longestMs = 2_000
const longestShare = 0.25

const none: ReadonlyMap<SourceRecord, Outcome> = new Map()

/**
 * The outcomes that earlier deliveries decided: a record that was to be parked is parked and has no effect any more. If the
 * source cannot tell, the records that were looked up are retried.
 *
 * Looks up records that were delivered before; on a stream, which does not count deliveries, all records.
 */
export function findDecided(
  reader: MessageReader,
  source: RecordSource,
  positions: readonly number[],
  writing: Deadline,
): Promise<ReadonlyMap<SourceRecord, Outcome>> {
  return decidedAmong(
    reader,
    source,
    positions.map((position) => source.records[position] as SourceRecord),
    writing,
  )
}

/** The same for fetched records without an envelope: their message is known only after they were fetched. */
export async function findDecidedLate(
  reader: MessageReader,
  source: RecordSource,
  records: readonly SourceRecord[],
  writing: Deadline,
): Promise<ReadonlyMap<SourceRecord, Outcome>> {
  if (source.decode === undefined || source.findParked === undefined) return none
  return decidedAmong(
    reader,
    source,
    records.filter(({ load }) => load !== undefined),
    writing,
  )
}

/** An identity to look up. A record may have two: the second has a copy of the record, so that the answers differ. */
interface Asked {
  readonly of: SourceRecord
  readonly record: SourceRecord
  readonly identity: MessageIdentity
}

async function decidedAmong(
  reader: MessageReader,
  source: RecordSource,
  records: readonly SourceRecord[],
  writing: Deadline,
): Promise<ReadonlyMap<SourceRecord, Outcome>> {
  const { checkpoint = false, findParked } = source
  if (findParked === undefined) return none
  const before = records.filter(({ receiveCount }) => checkpoint || receiveCount > 1)
  if (before.length === 0) return none
  const remaining = writing.remainingTime()
  const asking = createDeadline(writing, {
    reserve: remaining - Math.min(longestMs, remaining * longestShare),
  })
  let asked: readonly Asked[] = []
  try {
    asked = (await asking.race(toAsk(reader, before))) ?? []
    if (asked.length === 0) return none
    const reasons = await asking.race(findParked.call(source, asked, asking))
    if (reasons === undefined) throw new Error('The store of parked messages did not answer in time.')
    const decided = new Map<SourceRecord, Outcome>()
    for (const { of, record, identity } of asked) {
      const reason = reasons.get(record)
      if (reason === undefined || decided.has(of)) continue
      decided.set(of, park(reason))
      reader.settleOn(of, identity)
    }
    return decided
  } catch (thrown) {
    const outcome = retry({ cause: untold(thrown), unavailable: true })
    return new Map(asked.map(({ of }) => [of, outcome]))
  } finally {
    asking.end()
  }
}

/** How many records without an envelope are decoded at once. */
const readConcurrency = 100

async function toAsk(reader: MessageReader, records: readonly SourceRecord[]): Promise<readonly Asked[]> {
  const asked: Asked[] = []
  await inParallel(records, readConcurrency, async (record) => {
    const identities = await reader.identities(record)
    for (const [place, identity] of identities.entries()) {
      asked.push({ of: record, record: place === 0 ? record : { ...record }, identity })
    }
  })
  return asked
}

function untold(thrown: unknown): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_STATUS_UNAVAILABLE',
    'The store of parked messages did not say whether a record was parked before; the record is delivered again.',
    { cause: thrown },
  )
}
