import type { EachRecord, MessageRecord, Outcome, SourceRecord } from '@spillway/message'
import { callHandler } from './call-handler.ts'
import { type DecodedRecord, isMessage, isPending } from './decode.ts'
import { createFetcher, type Fetcher, readInTime } from './fetch-records.ts'
import { takeTurns } from './lanes.ts'
import { failuresOfOutage, isHeldFor } from './outage.ts'
import { parkOverdue } from './park-overdue.ts'
import { type Parking, parkDue } from './parking.ts'
import type { Invocation, Pass } from './pass.ts'

/** Rounds that give a handler one record at a time: lanes side by side, each in order. */
export function recordByRecord<Body>(each: EachRecord<Body>): Pass<Body> {
  const { concurrency } = each

  const handleDecoded = (invocation: Invocation<Body>, decoded: DecodedRecord): Outcome | Promise<Outcome> =>
    isMessage(decoded) ? callHandler(each, invocation, decoded as MessageRecord<Body>) : decoded.outcome

  /** What becomes of a record whose text is to be fetched, its parking left out. */
  async function handleClaim(
    invocation: Invocation<Body>,
    record: SourceRecord,
    fetcher: Fetcher,
  ): Promise<Outcome> {
    try {
      return await handleDecoded(invocation, await fetcher.read(record))
    } finally {
      fetcher.leave(record)
    }
  }

  function handleRecord(
    invocation: Invocation<Body>,
    record: SourceRecord,
    fetcher: Fetcher,
  ): Outcome | Promise<Outcome> {
    const { decided, reader, deadlines } = invocation
    const outcome = decided.get(record)
    if (outcome !== undefined) return outcome
    if (record.load !== undefined) return handleClaim(invocation, record, fetcher)
    const decoding = reader.read(record, record.body)
    if (!isPending(decoding)) return handleDecoded(invocation, decoding)
    return readInTime(decoding, deadlines.writing).then((late) => handleDecoded(invocation, late))
  }

  /** Goes through records once, but for what stands behind an outage or one that is to be parked later. */
  async function handleOnce(
    invocation: Invocation<Body>,
    positions: readonly number[],
    round: number,
  ): Promise<{ readonly later: readonly Parking[]; readonly outage: Outcome | undefined }> {
    const { source, ledger, deadlines, isPartial, witness } = invocation
    const turns = takeTurns(source.records, positions)
    const fetcher = createFetcher(invocation, concurrency)
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
      const outcome = parkOverdue(record, await handleRecord(invocation, record, fetcher))
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
