import { type Outcome, retry, type SourceRecord, type Writer } from '@spillway/message'
import { type DecodedRecord, decodeRecord, isMessage, isPending } from './decode.ts'
import { toWaves } from './lanes.ts'
import { loadTexts, toSlices } from './load.ts'
import { type Parking, parkDue } from './parking.ts'
import { toOutcomes } from './policy.ts'
import type { Invocation, Round } from './round.ts'
import { outOfTime } from './settle.ts'

/** The share of the time for writing that schemas may take: one that hangs must not cost the records that are valid. */
const validateShare = 0.5

/** Rounds that give a writer all records at once, those of one lane one after the other. */
export function wholeBatch<Body>(writer: Writer<Body>): Round<Body> {
  /** Writes records of different lanes. Answers those that are to be parked later. */
  async function writeSlice(
    invocation: Invocation<Body>,
    slice: readonly number[],
  ): Promise<readonly Parking[]> {
    const { ledger } = invocation
    const decoded = await decodeSlice(invocation, slice)
    if (invocation.deadlines.writing.expired) return []
    const answers = await write(invocation, decoded.filter(isMessage))
    const parkings: Parking[] = []
    let answered = 0
    for (const [place, position] of slice.entries()) {
      const result = decoded[place] as DecodedRecord<Body>
      const outcome = isMessage(result) ? answers[answered++] : result.outcome
      if (outcome?.kind === 'park') parkings.push({ position, reason: outcome.reason })
      else ledger.settle(position, outcome as Outcome)
    }
    return parkDue(invocation, parkings)
  }

  async function decodeSlice(
    { definition, source, deadlines: { writing } }: Invocation<Body>,
    slice: readonly number[],
  ) {
    const records = slice.map((position) => source.records[position] as SourceRecord)
    const texts = await loadTexts(records, writing)
    let isWaiting = false
    const decoded = records.map((record) => {
      const result = decodeRecord(definition, record, texts.get(record) ?? record.body)
      isWaiting ||= isPending(result)
      return result
    })
    if (!isWaiting) return decoded as readonly DecodedRecord<Body>[]
    const validating = writing.shorter(writing.remainingTime() * (1 - validateShare))
    const late = { outcome: retry({ cause: outOfTime() }) }
    const inTime = async (result: (typeof decoded)[number]) =>
      isPending(result) ? ((await validating.race(result)) ?? late) : result
    const results = await Promise.all(decoded.map(inTime))
    validating.end()
    return results as readonly DecodedRecord<Body>[]
  }

  async function write(
    { deadlines, judge }: Invocation<Body>,
    messages: Parameters<Writer<Body>>[0],
  ): Promise<readonly Outcome[]> {
    if (messages.length === 0) return []
    try {
      const writing = Promise.resolve(writer(messages, deadlines.writing)).then((outcomes) => ({ outcomes }))
      const answer = await deadlines.answering.race(writing)
      if (answer !== undefined) return toOutcomes(answer.outcomes, messages.length)
      const late = retry({ cause: outOfTime() })
      return messages.map(() => late)
    } catch (thrown) {
      return messages.map((message) => judge(thrown, message, deadlines.writing.signal))
    }
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
      const going = wave.filter((position) => !stopped.has(laneOf(position)) && !ledger.skip(position))
      for (const slice of toSlices(source.records, going, source.maximumLoadBytes)) {
        if (deadlines.writing.expired) return
        const later = await writeSlice(
          invocation,
          slice.filter((position) => !ledger.skip(position)),
        )
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
