import { type MessageRecord, type Outcome, retry, type SourceRecord } from '@spillway/message'
import { createDeadline, type Deadline } from '@spillway/transport'
import { type DecodedRecord, type Decoding, isMessage, isPending } from './decode.ts'
import { findDecidedLate } from './find-decided.ts'
import { toWaves } from './lanes.ts'
import type { Ledger } from './ledger.ts'
import { loadTexts, toSlices } from './load.ts'
import { parkOverdue } from './park-overdue.ts'
import { type Parking, parkDue } from './parking.ts'
import type { Invocation, Pass } from './pass.ts'
import { deadlineError } from './settled-result.ts'

/** The share of the time for writing that schemas may take: one that hangs must not cost the records that are valid. */
const validateShare = 0.5

/** What the records of a slice hold. */
interface Slice<Body> {
  readonly messages: readonly MessageRecord<Body>[]
  /** What becomes of a record that holds no message, by its place; `undefined` for the others. */
  readonly outcomes: readonly (Outcome | undefined)[]
}

/** Gives messages of different lanes to what writes them. Answers an outcome for each, in order, and never rejects. */
export type Call<Body> = (
  invocation: Invocation<Body>,
  messages: readonly MessageRecord<Body>[],
) => Promise<readonly Outcome[]>

/** Rounds that write all records at once, those of one lane one after the other. */
export function wholeBatch<Body>(call: Call<Body>): Pass<Body> {
  /** Writes records of different lanes. Answers those that are to be parked later. */
  async function writeSlice(
    invocation: Invocation<Body>,
    slice: readonly number[],
  ): Promise<readonly Parking[]> {
    const { ledger } = invocation
    const { messages, outcomes } = await decodeSlice(invocation, slice)
    if (invocation.deadlines.writing.expired) return []
    const answers = await write(invocation, messages)
    const parkings: Parking[] = []
    let place = 0
    let answered = 0
    for (const position of slice) {
      const record = invocation.source.records[position] as SourceRecord
      const outcome = parkOverdue(record, outcomes[place++] ?? (answers[answered++] as Outcome))
      if (outcome.kind === 'park') parkings.push({ ...outcome, position })
      else ledger.settle(position, outcome)
    }
    return parkDue(invocation, parkings)
  }

  async function decodeSlice(
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

  async function write(
    invocation: Invocation<Body>,
    messages: readonly MessageRecord<Body>[],
  ): Promise<readonly Outcome[]> {
    if (messages.length === 0) return []
    const outcomes = await call(invocation, messages)
    invocation.witness.note(outcomes)
    return outcomes
  }

  /** Goes through records once, without those that come after one of their lane that is to be parked later. */
  async function writeWaves(
    invocation: Invocation<Body>,
    positions: readonly number[],
    parkings: Parking[],
  ): Promise<void> {
    const { source, ledger, deadlines } = invocation
    const laneOf = (position: number) => (source.records[position] as SourceRecord).lane
    const stopped = new Set(parkings.map(({ position }) => laneOf(position)))
    for (const wave of toWaves(source.records, positions)) {
      const free = stopped.size === 0 ? wave : wave.filter((position) => !stopped.has(laneOf(position)))
      const going = withoutSkipped(ledger, free)
      for (const slice of toSlices(source.records, going, source.maximumLoadBytes)) {
        if (deadlines.writing.expired) return
        const later = await writeSlice(invocation, withoutSkipped(ledger, slice))
        for (const parking of later) stopped.add(laneOf(parking.position))
        parkings.push(...later)
      }
    }
  }

  return async function writeAll(invocation, positions) {
    const { ledger, deadlines } = invocation
    let parkings: readonly Parking[] = []
    let left = positions
    while (left.length > 0 && !deadlines.writing.expired) {
      const all = [...parkings]
      await writeWaves(invocation, left, all)
      if (all.length === 0) return
      parkings = await parkDue(invocation, all)
      const waiting = new Set(parkings.map(({ position }) => position))
      left = positions.filter((position) => ledger.outcome(position) === undefined && !waiting.has(position))
    }
  }
}

/** The records that may be begun; the others are settled. */
function withoutSkipped(ledger: Ledger, positions: readonly number[]): readonly number[] {
  return ledger.isClean() ? positions : positions.filter((position) => !ledger.skip(position))
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
    // At once, while it is in the processor's cache: to go through a thousand messages once more takes a while.
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

/** Waits for the schemas that are asynchronous, and adds what they give in order. */
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

/** A slice without the messages that were decided meanwhile. */
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
