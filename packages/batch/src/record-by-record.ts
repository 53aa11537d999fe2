import type { EachRecord, MessageRecord, Outcome, SourceRecord } from '@spillway/message'
import { callHandler } from './call-handler.ts'
import { type DecodedRecord, isMessage, isPending } from './decode.ts'
import { createFetcher, type Fetcher, readInTime } from './fetch-records.ts'
import { detectOutage } from './outage.ts'
import { parkOverdue } from './park-overdue.ts'
import { type Parking, parkDue } from './parking.ts'
import type { Invocation, Pass } from './pass.ts'
import { runWorkers } from './record-workers.ts'

/** Passes that give a handler one record at a time: lanes side by side, each in order. */
export function recordByRecord<Body>(each: EachRecord<Body>): Pass<Body> {
  return async function handleRecords(invocation, positions, attempt) {
    const { source, progress, deadlines } = invocation
    const laneOf = (position: number) => (source.records[position] as SourceRecord).lane
    let parkings: readonly Parking[] = []
    let left = positions
    for (let current = attempt; left.length > 0 && !deadlines.writing.expired; current = 0) {
      const { later, outage } = await handleOnce(each, invocation, left, current)
      const all = [...parkings, ...later]
      const parking = new Set(all.map(({ position }) => position))
      const open = positions.filter(
        (position) => progress.outcome(position) === undefined && !parking.has(position),
      )
      if (outage !== undefined) {
        for (const position of open) if (!progress.skip(position)) progress.settle(position, outage)
      }
      parkings = await parkDue(invocation, all)
      if (outage !== undefined) return
      const stopped = new Set(parkings.map(({ position }) => laneOf(position)))
      // Open are records whose worker saw an outage that ended, and records behind one that was to be parked later.
      left = open.filter((position) => !stopped.has(laneOf(position)))
    }
  }
}

/** Handles records once. Leaves out those that an outage stops, and those behind a record that is to be parked later. */
async function handleOnce<Body>(
  each: EachRecord<Body>,
  invocation: Invocation<Body>,
  positions: readonly number[],
  attempt: number,
): Promise<{ readonly later: readonly Parking[]; readonly outage: Outcome | undefined }> {
  const { source, progress, isPartial, witness } = invocation
  const { concurrency } = each
  const fetcher = createFetcher(invocation, concurrency)
  const detector = detectOutage(concurrency, isPartial, attempt)
  const later: Parking[] = []

  function settle(position: number, given: Outcome): boolean | Promise<boolean> {
    const outcome = parkOverdue(source.records[position] as SourceRecord, given)
    witness.noteOne(outcome)
    detector.note(outcome)
    if (outcome.kind === 'park') return parkNow({ ...outcome, position })
    progress.settle(position, outcome)
    return true
  }

  async function parkNow(parking: Parking): Promise<boolean> {
    const left = await parkDue(invocation, [parking])
    later.push(...left)
    return left.length === 0
  }

  await runWorkers({
    records: source.records,
    positions,
    concurrency,
    detector,
    deadlines: invocation.deadlines,
    skip: progress.skip,
    handle: (position) => outcomeOf(each, invocation, source.records[position] as SourceRecord, fetcher),
    settle,
  })
  return { later, outage: detector.outage() }
}

/** The outcome of a record; nothing is parked yet. */
function outcomeOf<Body>(
  each: EachRecord<Body>,
  invocation: Invocation<Body>,
  record: SourceRecord,
  fetcher: Fetcher,
): Outcome | Promise<Outcome> {
  const { decided, reader, deadlines } = invocation
  const outcome = decided.size === 0 ? undefined : decided.get(record)
  if (outcome !== undefined) return outcome
  if (record.load !== undefined) return outcomeOfClaim(each, invocation, record, fetcher)
  const decoding = reader.read(record, record.body)
  if (!isPending(decoding)) return handleDecoded(each, invocation, decoding)
  return readInTime(decoding, deadlines.writing).then((decoded) => handleDecoded(each, invocation, decoded))
}

async function outcomeOfClaim<Body>(
  each: EachRecord<Body>,
  invocation: Invocation<Body>,
  record: SourceRecord,
  fetcher: Fetcher,
): Promise<Outcome> {
  try {
    return await handleDecoded(each, invocation, await fetcher.read(record))
  } finally {
    fetcher.leave(record)
  }
}

function handleDecoded<Body>(
  each: EachRecord<Body>,
  invocation: Invocation<Body>,
  decoded: DecodedRecord,
): Outcome | Promise<Outcome> {
  return isMessage(decoded) ? callHandler(each, invocation, decoded as MessageRecord<Body>) : decoded.outcome
}
