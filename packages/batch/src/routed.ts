import type { SourceRecord } from '@spillway/message'
import { type DecodedRecord, isMessage, isPending } from './decode.ts'
import { createFetcher, type Fetcher, readInTime } from './fetch-records.ts'
import { type LaneLinks, linkLanes } from './lanes.ts'
import { parkOverdue } from './park-overdue.ts'
import { type Parking, parkDue } from './parking.ts'
import type { Invocation, Pass } from './pass.ts'
import { type Handler, type Item, type RouteRun, routeRuns, type Settled } from './route-runs.ts'

/**
 * Passes that give each record to the handler of its message. Each lane goes on by itself, in order, across handlers: a
 * handler that throws or is slow affects only its own records and those behind them in a lane.
 *
 * @param otherwise gets the messages without a route
 */
export function routed(
  handlers: ReadonlyMap<string, Handler>,
  otherwise: Handler | undefined,
): Pass<unknown> {
  return async function runRoutes(invocation, positions, attempt) {
    const { source, progress, deadlines } = invocation
    const laneOf = (position: number) => (source.records[position] as SourceRecord).lane
    const handlerOf = (name: string) => (handlers.get(name) ?? otherwise) as Handler
    let parkings: readonly Parking[] = []
    let left = positions
    for (let current = attempt; left.length > 0 && !deadlines.writing.expired; current = 0) {
      const all = [...parkings, ...(await runOnce(invocation, handlerOf, left, current))]
      if (all.length === 0) return
      parkings = await parkDue(invocation, all)
      const stopped = new Set(parkings.map(({ position }) => laneOf(position)))
      left = positions.filter(
        (position) => progress.outcome(position) === undefined && !stopped.has(laneOf(position)),
      )
    }
  }
}

/** The state of one pass. */
interface RoutedPass {
  readonly invocation: Invocation<unknown>
  readonly links: LaneLinks
  readonly fetcher: Fetcher
  /** The records that are to be parked later. Their lanes stop there. */
  readonly later: Parking[]
}

/** Goes through records once. Resolves to the records that are to be parked later. */
async function runOnce(
  invocation: Invocation<unknown>,
  handlerOf: (name: string) => Handler,
  positions: readonly number[],
  attempt: number,
): Promise<readonly Parking[]> {
  const { reader, source, decided, deadlines } = invocation
  const links = linkLanes(source.records, positions)
  const pass: RoutedPass = { invocation, links, fetcher: createFetcher(invocation), later: [] }
  const runOf = routeRuns(invocation, handlerOf, attempt)
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
        // Each by itself: a slow schema or store delays only its own lane.
        const late = readInTime(result, deadlines.writing)
        reading.push(late.then((result) => handle([{ position, result }])))
      }
    }
    await Promise.all([handle(decoded), ...reading])
  }

  /** Gives messages to their handlers, all at once, and settles records without a message. */
  async function handle(decoded: readonly Read[]): Promise<void> {
    const { items, settled } = byRun(decoded, runOf)
    await Promise.all([settle(settled).then(goOn), ...[...items].map(([run, own]) => run(own, lanes))])
  }

  await goOn(links.heads)
  return pass.later
}

/** A decoded record. */
interface Read {
  readonly position: number
  readonly result: DecodedRecord
}

/** Groups messages by their runs. `settled` has the outcomes of the records without a message. */
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

/** The records that may be begun. In lanes that must stop, all records are settled. */
function withoutSkipped(
  { invocation: { progress }, links }: RoutedPass,
  heads: readonly number[],
): readonly number[] {
  if (progress.isClean()) return heads
  return heads.flatMap((head) => {
    let position: number | undefined = head
    while (position !== undefined && progress.skip(position)) position = links.next(position)
    return position ?? []
  })
}

/** Settles records. Resolves to the records with which their lanes go on. */
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
    else invocation.progress.settle(position, outcome)
  }
  const left = await parkDue(invocation, parkings)
  later.push(...left)
  const stopped = new Set(left.map(({ position }) => position))
  return settled.flatMap(({ position }) => (stopped.has(position) ? [] : (links.next(position) ?? [])))
}
