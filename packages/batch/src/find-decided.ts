import {
  type MessageDefinition,
  type Outcome,
  park,
  type RecordSource,
  retry,
  type SourceRecord,
  SpillwayError,
} from '@spillway/message'
import { type Redelivery, readIdentity } from '@spillway/message/internal'
import type { Deadline } from './deadline.ts'

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
export async function findDecided(
  definition: MessageDefinition,
  source: RecordSource,
  positions: readonly number[],
  writing: Deadline,
): Promise<ReadonlyMap<SourceRecord, Outcome>> {
  const { records, checkpoint = false, findParked } = source
  if (findParked === undefined) return none
  const asked: Redelivery[] = []
  for (const position of positions) {
    const record = records[position] as SourceRecord
    if (!checkpoint && record.receiveCount <= 1) continue
    const identity = readIdentity(record.body, definition.name)
    if (identity !== undefined) asked.push({ record, identity })
  }
  if (asked.length === 0) return none
  const remaining = writing.remainingTime()
  const asking = writing.shorter(remaining - Math.min(longestMs, remaining * longestShare))
  try {
    const reasons = await asking.race(findParked.call(source, asked, asking))
    if (reasons === undefined) throw new Error('The store of parked messages did not answer in time.')
    return new Map([...reasons].map(([record, reason]) => [record, park(reason)]))
  } catch (thrown) {
    const outcome = retry({ cause: untold(thrown), unavailable: true })
    return new Map(asked.map(({ record }) => [record, outcome]))
  } finally {
    asking.end()
  }
}

function untold(thrown: unknown): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_STATUS_UNAVAILABLE',
    'The store of parked messages did not say whether a record was parked before; the record is delivered again.',
    { cause: thrown },
  )
}
