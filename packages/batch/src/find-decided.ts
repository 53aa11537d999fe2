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

/** How long the source may take to answer: a store that is down must not cost records that it knows nothing of. */
const longestMs = 2_000
const longestShare = 0.25

const none: ReadonlyMap<SourceRecord, Outcome> = new Map()

/**
 * What becomes of records whatever they hold: those that an earlier delivery decided to park are parked, and have no
 * effect any more. Where the source cannot tell, the records that it was asked for are retried.
 *
 * Only records that were delivered before are asked for; of a stream, which counts no deliveries, all are.
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

/**
 * The same for records whose text was fetched, and says only then whose message it is: one that came in no envelope.
 */
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

/** A record and one of the identities for which it is asked. A record may be asked for twice, so each has an object of its own. */
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

/** How many schemas of foreign messages run at once. */
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
