import { type Outcome, retry, type SourceRecord, type Writer } from '@spillway/message'
import { inParallel } from '@spillway/message/internal'
import { type DecodedRecord, decodeRecord, isMessage, isPending } from './decode.ts'
import { toWaves } from './lanes.ts'
import { loadTexts, toSlices } from './load.ts'
import { toOutcomes } from './policy.ts'
import type { Invocation, Round } from './round.ts'
import { outOfTime, parkRecord } from './settle.ts'

/** How many copies are sent to the dead-letter queue at once. */
const parkConcurrency = 10

/** Rounds that give a writer all records at once, those of one lane one after the other. */
export function wholeBatch<Body>(writer: Writer<Body>): Round<Body> {
  /** Writes records of different lanes. */
  async function writeSlice(invocation: Invocation<Body>, slice: readonly number[]): Promise<void> {
    const { source, ledger } = invocation
    const decoded = await decodeSlice(invocation, slice)
    if (decoded === undefined || invocation.deadlines.writing.expired) return
    const answers = await write(invocation, decoded.filter(isMessage))
    const parked: { position: number; outcome: Extract<Outcome, { kind: 'park' }> }[] = []
    let answered = 0
    for (const [place, position] of slice.entries()) {
      const result = decoded[place] as DecodedRecord<Body>
      const outcome = isMessage(result) ? answers[answered++] : result.outcome
      if (outcome?.kind === 'park') parked.push({ position, outcome })
      else ledger.settle(position, outcome as Outcome)
    }
    await inParallel(parked, parkConcurrency, async ({ position, outcome }) => {
      if (ledger.withhold(position)) return
      const record = source.records[position] as SourceRecord
      ledger.settle(position, await parkRecord(source, record, outcome.reason, invocation.deadlines.settling))
    })
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
    return (isWaiting ? writing.race(Promise.all(decoded)) : decoded) as
      | readonly DecodedRecord<Body>[]
      | Promise<readonly DecodedRecord<Body>[] | undefined>
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
      return messages.map((message) => judge(thrown, message))
    }
  }

  return async function writeWaves(invocation, positions) {
    const { source, ledger, deadlines } = invocation
    for (const wave of toWaves(source.records, positions)) {
      const going = wave.filter((position) => !ledger.skip(position))
      for (const slice of toSlices(source.records, going, source.maximumLoadBytes)) {
        if (deadlines.writing.expired) return
        await writeSlice(
          invocation,
          slice.filter((position) => !ledger.skip(position)),
        )
      }
    }
  }
}
