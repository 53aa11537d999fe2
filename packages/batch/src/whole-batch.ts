import { type MessageRecord, type Outcome, retry, type SourceRecord } from '@spillway/message'
import { createDeadline, type Deadline } from '@spillway/transport'
import { type DecodedRecord, type Decoding, isMessage, isPending } from './decode.ts'
import { findDecidedLate } from './find-decided.ts'
import { toWaves } from './lanes.ts'
import { loadTexts, toSlices } from './load.ts'
import { parkOverdue } from './park-overdue.ts'
import { type Parking, parkDue } from './parking.ts'
import type { Invocation, Pass } from './pass.ts'
import type { BatchProgress } from './progress.ts'
import { deadlineError } from './settled-result.ts'

/** The share of the time for writing that schemas may take: one that hangs must not cost the other records. */
const validateShare = 0.5

/** The decoded records of a slice. */
interface Slice<Body> {
  readonly messages: readonly MessageRecord<Body>[]
  /** The outcome of each record without a message; `undefined` for the others. */
  readonly outcomes: readonly (Outcome | undefined)[]
}

/** Writes messages of different lanes. Resolves to an outcome for each, in order; never rejects. */
export type Call<Body> = (
  invocation: Invocation<Body>,
  messages: readonly MessageRecord<Body>[],
) => Promise<readonly Outcome[]>

/** Passes that write all records at once, and those of one lane one after the other. */
export function wholeBatch<Body>(call: Call<Body>): Pass<Body> {
  return async function writeAll(invocation, positions) {
    const { progress, deadlines } = invocation
    let parkings: readonly Parking[] = []
    let left = positions
    while (left.length > 0 && !deadlines.writing.expired) {
      const all = [...parkings]
      await writeWaves(call, invocation, left, all)
      if (all.length === 0) return
      parkings = await parkDue(invocation, all)
      const waiting = new Set(parkings.map(({ position }) => position))
      left = positions.filter(
        (position) => progress.outcome(position) === undefined && !waiting.has(position),
      )
    }
  }
}

/**
 * Goes through records once, but not through those behind a record that is to be parked later.
 *
 * @param parkings the records that are to be parked later; it adds to them
 */
async function writeWaves<Body>(
  call: Call<Body>,
  invocation: Invocation<Body>,
  positions: readonly number[],
  parkings: Parking[],
): Promise<void> {
  const { source, progress, deadlines } = invocation
  const laneOf = (position: number) => (source.records[position] as SourceRecord).lane
  const stopped = new Set(parkings.map(({ position }) => laneOf(position)))
  for (const wave of toWaves(source.records, positions)) {
    const free = stopped.size === 0 ? wave : wave.filter((position) => !stopped.has(laneOf(position)))
    const going = withoutSkipped(progress, free)
    for (const slice of toSlices(source.records, going, source.maximumLoadBytes)) {
      if (deadlines.writing.expired) return
      const later = await writeSlice(call, invocation, withoutSkipped(progress, slice))
      for (const parking of later) stopped.add(laneOf(parking.position))
      parkings.push(...later)
    }
  }
}

/** Writes records of different lanes. Resolves to those that are to be parked later. */
async function writeSlice<Body>(
  call: Call<Body>,
  invocation: Invocation<Body>,
  slice: readonly number[],
): Promise<readonly Parking[]> {
  const { source, progress, deadlines } = invocation
  const { messages, outcomes } = await decodeSlice(invocation, slice)
  if (deadlines.writing.expired) return []
  const answers = await write(call, invocation, messages)
  const parkings: Parking[] = []
  let place = 0
  let answered = 0
  for (const position of slice) {
    const record = source.records[position] as SourceRecord
    const outcome = parkOverdue(record, outcomes[place++] ?? (answers[answered++] as Outcome))
    if (outcome.kind === 'park') parkings.push({ ...outcome, position })
    else progress.settle(position, outcome)
  }
  return parkDue(invocation, parkings)
}

async function write<Body>(
  call: Call<Body>,
  invocation: Invocation<Body>,
  messages: readonly MessageRecord<Body>[],
): Promise<readonly Outcome[]> {
  if (messages.length === 0) return []
  const outcomes = await call(invocation, messages)
  invocation.witness.note(outcomes)
  return outcomes
}

async function decodeSlice<Body>(
  { reader, source, decided, deadlines: { writing } }: Invocation<Body>,
  slice: readonly number[],
): Promise<Slice<Body>> {
  const records = slice.map((position) => source.records[position] as SourceRecord)
  const texts = await loadTexts(records, writing)
  const decode = (record: SourceRecord) => {
    const outcome = decided.size === 0 ? undefined : decided.get(record)
    if (outcome !== undefined) return { outcome }
    return reader.read(record, texts.get(record) ?? record.body)
  }
  const decoded = await decodeAll<Body>(records, decode, writing)
  if (texts.size === 0) return decoded
  const late = await findDecidedLate(reader, source, records, writing)
  return late.size === 0 ? decoded : withDecided(records, decoded, late)
}

/** The records that may be begun; the others are settled. */
function withoutSkipped(progress: BatchProgress, positions: readonly number[]): readonly number[] {
  return progress.isClean() ? positions : positions.filter((position) => !progress.skip(position))
}

function decodeAll<Body>(
  records: readonly SourceRecord[],
  decode: (record: SourceRecord) => Decoding,
  writing: Deadline,
): Slice<Body> | Promise<Slice<Body>> {
  const slice = createSlice<Body>()
  const waiting: Decoding[] = []
  for (const record of records) {
    const result = decode(record)
    // Added at once, while it is in the processor's cache: a second loop over a thousand messages is slow.
    if (waiting.length === 0 && !isPending(result)) slice.add(result)
    else waiting.push(result)
  }
  return waiting.length === 0 ? slice : addLater(slice, waiting, writing)
}

function createSlice<Body>() {
  const messages: MessageRecord<Body>[] = []
  const outcomes: (Outcome | undefined)[] = []
  return {
    messages,
    outcomes,
    add(result: DecodedRecord): void {
      if (!isMessage(result)) return void outcomes.push(result.outcome)
      messages.push(result as MessageRecord<Body>)
      outcomes.push(undefined)
    },
  }
}

/** Waits for asynchronous schemas, and adds their results in order. */
async function addLater<Body>(
  slice: ReturnType<typeof createSlice<Body>>,
  waiting: readonly Decoding[],
  writing: Deadline,
): Promise<Slice<Body>> {
  const validating = createDeadline(writing, { reserve: writing.remainingTime() * (1 - validateShare) })
  const late = { outcome: retry({ cause: deadlineError() }) }
  const inTime = async (result: (typeof waiting)[number]) =>
    isPending(result) ? ((await validating.race(result)) ?? late) : result
  const results = await Promise.all(waiting.map(inTime))
  validating.end()
  for (const result of results) slice.add(result)
  return slice
}

/** A slice in which the messages that an earlier delivery decided have their outcomes. */
function withDecided<Body>(
  records: readonly SourceRecord[],
  { messages, outcomes }: Slice<Body>,
  decided: ReadonlyMap<SourceRecord, Outcome>,
): Slice<Body> {
  const slice = createSlice<Body>()
  let next = 0
  for (const [place, record] of records.entries()) {
    const before = outcomes[place]
    const message = before === undefined ? messages[next++] : undefined
    const outcome = before ?? decided.get(record)
    slice.add(outcome === undefined ? (message as MessageRecord) : { outcome })
  }
  return slice
}
