import type { EachRecord, MessageRecord, Outcome, Writer } from '@spillway/message'
import { createSemaphore } from '@spillway/transport'
import { callHandler, callWriter } from './call-handler.ts'
import { failuresOfOutage, isHeldFor } from './outage.ts'
import type { Invocation, Pass } from './pass.ts'

/** A handler, whatever its message is. */
export type Handler = Writer<unknown> | EachRecord<unknown>

/** A message that was read, and the position of its record. */
export interface Item {
  readonly position: number
  readonly message: MessageRecord
}

/** An outcome for the record at a position. */
export interface Settled {
  readonly position: number
  readonly outcome: Outcome
}

/** The lanes of the records that a run is given. */
export interface Lanes {
  /** Settles records, and parks what is to be parked. Answers the records that their lanes go on with. */
  settle(settled: readonly Settled[]): Promise<readonly number[]>
  /** Has lanes go on with these records; resolves once they have ended. */
  goOn(positions: readonly number[]): Promise<void>
}

/**
 * Gives messages of different lanes to the handler of a route, and has their lanes go on. One for each pass over the
 * records of a batch. What it leaves out when the time is over was not begun. Rejects only with what the lanes reject
 * with.
 */
export type RouteRun = (items: readonly Item[], lanes: Lanes) => Promise<void>

/**
 * The runs of one pass by the names of messages. Routes that share a handler share its run.
 *
 * @param round as in {@link Pass}
 */
export function routeRuns(
  invocation: Invocation<unknown>,
  handlerOf: (name: string) => Handler,
  round: number,
): (name: string) => RouteRun {
  const runs = new Map<Handler, RouteRun>()
  return function runOf(name) {
    const handler = handlerOf(name)
    const known = runs.get(handler)
    if (known !== undefined) return known
    const run =
      typeof handler === 'function' ? writerRun(handler, invocation) : eachRun(handler, invocation, round)
    runs.set(handler, run)
    return run
  }
}

/** A run of a writer: one call at a time, each with all messages that came while the one before it was made. */
function writerRun(writer: Writer<unknown>, invocation: Invocation<unknown>): RouteRun {
  const { witness, deadlines } = invocation
  let waiting: Item[] = []
  let isCalling = false

  async function call(messages: readonly MessageRecord[]): Promise<readonly Outcome[]> {
    const note = witness.begin(writer)
    const outcomes = await callWriter(writer, invocation, messages)
    note(outcomes)
    return outcomes
  }

  async function callAll({ settle, goOn }: Lanes): Promise<void> {
    // Others that are read, or whose lanes go on, at the same moment are written with them.
    await undefined
    if (deadlines.writing.expired) return
    const items = waiting
    waiting = []
    const outcomes = await call(items.map(({ message }) => message))
    const settled = items.map(({ position }, place) => ({ position, outcome: outcomes[place] as Outcome }))
    const isParked = ({ outcome }: Settled) => outcome.kind === 'park'
    // A lane does not wait for the copies of others.
    const parking = settle(settled.filter(isParked)).then(goOn)
    const going = settle(settled.filter((one) => !isParked(one))).then((heads) => {
      // What these lanes have for the writer is there at once.
      const ends = goOn(heads)
      isCalling = waiting.length > 0
      return Promise.all([ends, isCalling ? callAll({ settle, goOn }) : undefined])
    })
    await Promise.all([parking, going])
  }

  return async function write(items, lanes) {
    waiting.push(...items)
    if (isCalling) return
    isCalling = true
    await callAll(lanes)
  }
}

/**
 * A run of the handler of each record: so many at once as it allows, each on its own. Once it shows that what it needs is
 * down, the others come back with that outcome.
 *
 * @param round as in {@link Pass}: in a later one it is tried with one record after the other until one is not held
 */
function eachRun(each: EachRecord<unknown>, invocation: Invocation<unknown>, round: number): RouteRun {
  const { witness, isPartial, deadlines } = invocation
  const full = failuresOfOutage(each.concurrency, isPartial)
  const all = createSemaphore(each.concurrency)
  const one = createSemaphore(1)
  let isTrying = round > 0
  let patience = isTrying ? round : full
  let failures = 0
  let failure: Outcome | undefined

  async function outcomeOf(message: MessageRecord): Promise<Outcome> {
    if (failure !== undefined && failures >= patience) return failure
    const note = witness.begin(each)
    const outcome = await callHandler(each, invocation, message)
    note([outcome])
    if (isHeldFor(outcome)) {
      failures += 1
      failure = outcome
    } else {
      failures = 0
      isTrying = false
      patience = full
    }
    return outcome
  }

  return async function handleEach(items, { settle, goOn }) {
    const handle = async ({ position, message }: Item) =>
      deadlines.writing.expired ? [] : settle([{ position, outcome: await outcomeOf(message) }])
    async function inTurn(item: Item): Promise<void> {
      // What waits while one record is tried goes on with all others once that one is not held.
      const tried = isTrying ? await one.run(async () => (isTrying ? handle(item) : undefined)) : undefined
      await goOn(tried ?? (await all.run(() => handle(item))) ?? [])
    }
    await Promise.all(items.map(inTurn))
  }
}
