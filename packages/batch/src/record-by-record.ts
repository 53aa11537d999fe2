import {
  type EachRecord,
  type MessageRecord,
  type Outcome,
  retry,
  type SourceRecord,
} from '@spillway/message'
import { callHandler } from './call-handler.ts'
import { type DecodedRecord, isMessage, isPending } from './decode.ts'
import { findDecidedLate } from './find-decided.ts'
import { takeTurns } from './lanes.ts'
import { type ByteGate, createByteGate, loadTexts } from './load.ts'
import { failuresOfOutage, isHeldFor } from './outage.ts'
import { parkOverdue } from './park-overdue.ts'
import { type Parking, parkDue } from './parking.ts'
import type { Invocation, Round } from './round.ts'
import { outOfTime } from './settle.ts'

/** Rounds that give a handler one record at a time: lanes side by side, each in order. */
export function recordByRecord<Body>(each: EachRecord<Body>): Round<Body> {
  const { concurrency } = each

  /** What becomes of a record whose text is to be fetched, its parking left out. */
  async function handleClaim(
    invocation: Invocation<Body>,
    record: SourceRecord,
    gate: ByteGate,
  ): Promise<Outcome> {
    const { loadBytes = 0 } = record
    const { writing } = invocation.deadlines
    let isIn = false
    const entering = gate.enter(loadBytes).then(() => {
      isIn = true
    })
    try {
      await writing.race(entering)
      if (writing.expired) return retry({ cause: outOfTime() })
      const text = (await loadTexts([record], writing)).get(record) ?? outOfTime()
      return await handleText(invocation, record, text)
    } finally {
      if (isIn) gate.leave(loadBytes)
    }
  }

  function handleText(
    invocation: Invocation<Body>,
    record: SourceRecord,
    text: string | Error,
  ): Outcome | Promise<Outcome> {
    const { reader, deadlines } = invocation
    const decoded = reader.read(record, text)
    if (!isPending(decoded)) return handleDecoded(invocation, record, decoded)
    return deadlines.writing
      .race(decoded)
      .then((late) =>
        late === undefined ? retry({ cause: outOfTime() }) : handleDecoded(invocation, record, late),
      )
  }

  function handleDecoded(
    invocation: Invocation<Body>,
    record: SourceRecord,
    decoded: DecodedRecord,
  ): Outcome | Promise<Outcome> {
    if (!isMessage(decoded)) return decoded.outcome
    const message = decoded as MessageRecord<Body>
    return record.load === undefined
      ? handleMessage(invocation, message)
      : handleFetched(invocation, record, message)
  }

  /** What was fetched may be a message that an earlier delivery parked. */
  async function handleFetched(
    invocation: Invocation<Body>,
    record: SourceRecord,
    message: MessageRecord<Body>,
  ): Promise<Outcome> {
    const { reader, source, deadlines } = invocation
    const decided = await findDecidedLate(reader, source, [record], deadlines.writing)
    return decided.get(record) ?? handleMessage(invocation, message)
  }

  const handleMessage = (invocation: Invocation<Body>, message: MessageRecord<Body>) =>
    callHandler(each, invocation, message)

  function handleRecord(
    invocation: Invocation<Body>,
    record: SourceRecord,
    gate: ByteGate,
  ): Outcome | Promise<Outcome> {
    const decided = invocation.decided.get(record)
    if (decided !== undefined) return decided
    if (record.load !== undefined) return handleClaim(invocation, record, gate)
    return handleText(invocation, record, record.body)
  }

  /** Goes through records once, but for what stands behind an outage or one that is to be parked later. */
  async function handleOnce(
    invocation: Invocation<Body>,
    positions: readonly number[],
    round: number,
  ): Promise<{ readonly later: readonly Parking[]; readonly outage: Outcome | undefined }> {
    const { source, ledger, deadlines, isPartial, witness } = invocation
    const turns = takeTurns(source.records, positions)
    const gate = createByteGate(source.maximumLoadBytes)
    const workers: Promise<void>[] = []
    const most = Math.min(concurrency, positions.length)
    // Each round that finds it still down tries one record more: it may be down for the first ones alone.
    const full = failuresOfOutage(concurrency, isPartial)
    let patience = round === 0 ? full : round
    let failures: Outcome[] = []
    let working = 0
    /** Whether there are to be more workers, once a record says that it is no outage. */
    let areWanted = true
    const later: Parking[] = []

    /** Answers whether its lane may go on. */
    async function settle(position: number): Promise<boolean> {
      const record = source.records[position] as SourceRecord
      const outcome = parkOverdue(record, await handleRecord(invocation, record, gate))
      witness.note([outcome])
      if (isHeldFor(outcome)) failures.push(outcome)
      else if (failures.length > 0) failures = []
      if (outcome.kind !== 'park') {
        ledger.settle(position, outcome)
        return true
      }
      const left = await parkDue(invocation, [{ ...outcome, position }])
      later.push(...left)
      return left.length === 0
    }

    async function work(): Promise<void> {
      working += 1
      let position = turns.next(undefined)
      while (position !== undefined && failures.length < patience && !deadlines.writing.expired) {
        let goesOn = true
        if (!ledger.skip(position)) {
          goesOn = await settle(position)
          if (failures.length === 0) beginAll()
        }
        position = turns.next(goesOn ? position : undefined)
      }
      areWanted ||= failures.length >= patience
      working -= 1
    }

    function beginAll(): void {
      if (!areWanted) return
      areWanted = false
      patience = full
      // Counted first: a worker that finds nothing to do has ended before the next is begun.
      for (let free = most - working; free > 0; free--) workers.push(work())
    }

    if (round === 0) beginAll()
    else workers.push(work())
    for (const worker of workers) await worker

    return { later, outage: failures.length < patience ? undefined : failures[0] }
  }

  return async function handleRecords(invocation, positions, round) {
    const { source, ledger, deadlines } = invocation
    const laneOf = (position: number) => (source.records[position] as SourceRecord).lane
    let parkings: readonly Parking[] = []
    let left = positions
    for (let pass = round; left.length > 0 && !deadlines.writing.expired; pass = 0) {
      const { later, outage } = await handleOnce(invocation, left, pass)
      const all = [...parkings, ...later]
      const parking = new Set(all.map(({ position }) => position))
      const open = positions.filter(
        (position) => ledger.outcome(position) === undefined && !parking.has(position),
      )
      if (outage !== undefined) {
        for (const position of open) if (!ledger.skip(position)) ledger.settle(position, outage)
      }
      parkings = await parkDue(invocation, all)
      if (outage !== undefined) return
      const stopped = new Set(parkings.map(({ position }) => laneOf(position)))
      // A worker that stopped for an outage that was none left the rest of its lane, and so did one that parks later.
      left = open.filter((position) => !stopped.has(laneOf(position)))
    }
  }
}
