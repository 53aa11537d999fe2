import type { SourceRecord } from '@spillway/message'
import { type DecodedRecord, isMessage, isPending } from './decode.ts'
import { createFetcher, type Fetcher, readInTime } from './fetch-records.ts'
import { type LaneLinks, linkLanes } from './lanes.ts'
import { parkOverdue } from './park-overdue.ts'
import { type Parking, parkDue } from './parking.ts'
import type { Invocation, Pass } from './pass.ts'
import { type Handler, type Item, type RouteRun, routeRuns, type Settled } from './route-runs.ts'

/**
 * Rounds that give each record to the handler of its message. Each lane goes on by itself, in order, whatever the handlers
 * of its records are: one that throws, is slow or is down costs its own records alone, and those behind them in a lane.
 *
 * @param otherwise gets the messages of all other names
 */
export function routed(
  handlers: ReadonlyMap<string, Handler>,
  otherwise: Handler | undefined,
): Pass<unknown> {
  return async function runRoutes(invocation, positions, round) {
    const { source, ledger, deadlines } = invocation
    const laneOf = (position: number) => (source.records[position] as SourceRecord).lane
    const handlerOf = (name: string) => (handlers.get(name) ?? otherwise) as Handler
    let parkings: readonly Parking[] = []
    let left = positions
    for (let pass = round; left.length > 0 && !deadlines.writing.expired; pass = 0) {
      const all = [...parkings, ...(await runOnce(invocation, handlerOf, left, pass))]
      if (all.length === 0) return
      parkings = await parkDue(invocation, all)
      const stopped = new Set(parkings.map(({ position }) => laneOf(position)))
      left = positions.filter(
        (position) => ledger.outcome(position) === undefined && !stopped.has(laneOf(position)),
      )
    }
  }
}

/** The records of one pass, as their lanes go on. */
interface RoutedPass {
  readonly invocation: Invocation<unknown>
  readonly links: LaneLinks
  readonly fetcher: Fetcher
  /** Gets those that are to be parked later: their lanes end there. */
  readonly later: Parking[]
}

/** Goes through records once, and answers those that are to be parked later. */
async function runOnce(
  invocation: Invocation<unknown>,
  handlerOf: (name: string) => Handler,
  positions: readonly number[],
  round: number,
): Promise<readonly Parking[]> {
  const { reader, source, decided, deadlines } = invocation
  const links = linkLanes(source.records, positions)
  const pass: RoutedPass = { invocation, links, fetcher: createFetcher(invocation), later: [] }
  const runOf = routeRuns(invocation, handlerOf, round)
  const settle = (all: readonly Settled[]) => settleAll(pass, all)
  const lanes = { settle, goOn }

  function read(position: number): DecodedRecord | Promise<DecodedRecord> {
    const record = source.records[position] as SourceRecord
    const outcome = decided.size === 0 ? undefined : decided.get(record)
    if (outcome !== undefined) return { outcome }
    return record.load === undefined ? reader.read(record, record.body) : pass.fetcher.read(record)
  }

  async function goOn(heads: readonly number[]): Promise<void> {
    if (heads.length === 0 || deadlines.writing.expired) return
    const decoded: Read[] = []
    const reading: Promise<void>[] = []
    for (const position of withoutSkipped(pass, heads)) {
      const result = read(position)
      if (!isPending(result)) decoded.push({ position, result })
      else {
        // By itself: a schema or a store that is slow holds up nothing but its own lane.
        const late = readInTime(result, deadlines.writing)
        reading.push(late.then((result) => handle([{ position, result }])))
      }
    }
    await Promise.all([handle(decoded), ...reading])
  }

  /** Gives what was read to the handlers, all at once, and settles the others. */
  async function handle(decoded: readonly Read[]): Promise<void> {
    const { items, settled } = byRun(decoded, runOf)
    await Promise.all([settle(settled).then(goOn), ...[...items].map(([run, own]) => run(own, lanes))])
  }

  await goOn(links.heads)
  return pass.later
}

/** A record that was read. */
interface Read {
  readonly position: number
  readonly result: DecodedRecord
}

/** The messages by the runs that they go to, and what becomes of the records that hold none. */
function byRun(decoded: readonly Read[], runOf: (name: string) => RouteRun) {
  const settled: Settled[] = []
  const items = new Map<RouteRun, Item[]>()
  for (const { position, result } of decoded) {
    if (!isMessage(result)) {
      settled.push({ position, outcome: result.outcome })
      continue
    }
    const run = runOf(result.name)
    const own = items.get(run)
    if (own === undefined) items.set(run, [{ position, message: result }])
    else own.push({ position, message: result })
  }
  return { items, settled }
}

/** The records that may be begun; those that follow one that is not done are settled, to the end of their lanes. */
function withoutSkipped(
  { invocation: { ledger }, links }: RoutedPass,
  heads: readonly number[],
): readonly number[] {
  if (ledger.isClean()) return heads
  return heads.flatMap((head) => {
    let position: number | undefined = head
    while (position !== undefined && ledger.skip(position)) position = links.next(position)
    return position ?? []
  })
}

/** Settles records, and answers those that their lanes go on with. */
async function settleAll(
  { invocation, links, fetcher, later }: RoutedPass,
  settled: readonly Settled[],
): Promise<readonly number[]> {
  const parkings: Parking[] = []
  for (const { position, outcome: given } of settled) {
    const record = invocation.source.records[position] as SourceRecord
    const outcome = parkOverdue(record, given)
    fetcher.leave(record)
    if (outcome.kind === 'park') parkings.push({ ...outcome, position })
    else invocation.ledger.settle(position, outcome)
  }
  const left = await parkDue(invocation, parkings)
  later.push(...left)
  const stopped = new Set(left.map(({ position }) => position))
  return settled.flatMap(({ position }) => (stopped.has(position) ? [] : (links.next(position) ?? [])))
}
