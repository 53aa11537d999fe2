import { type EachRecord, type MessageRecord, type Outcome, retry, type Writer } from '@spillway/message'
import { createSemaphore } from '@spillway/transport'
import { callHandler, callWriter } from './call-handler.ts'
import { detectOutage } from './outage.ts'
import type { Invocation, Pass } from './pass.ts'
import { deadlineError } from './settled-result.ts'

/** A handler of any message. */
export type Handler = Writer<unknown> | EachRecord<unknown>

/** A message and the position of its record. */
export interface Item {
  readonly position: number
  readonly message: MessageRecord
}

/** An outcome for the record at a position. */
export interface Settled {
  readonly position: number
  readonly outcome: Outcome
}

/** The lanes of the records of a run. */
export interface Lanes {
  /** Settles or parks records. Resolves to the records with which their lanes go on. */
  settle(settled: readonly Settled[]): Promise<readonly number[]>
  /** Lets lanes go on with these records. Resolves when the lanes have ended. */
  goOn(positions: readonly number[]): Promise<void>
}

/**
 * Gives messages of different lanes to the handler of a route, then lets their lanes go on. One for each handler and pass.
 * Records that it does not begin before the time is over stay open. Rejects only if the lanes reject.
 */
export type RouteRun = (items: readonly Item[], lanes: Lanes) => Promise<void>

/**
 * Finds the run for the name of a message, in one pass. Routes with the same handler share a run.
 *
 * @param attempt as in {@link Pass}
 */
export function routeRuns(
  invocation: Invocation<unknown>,
  handlerOf: (name: string) => Handler,
  attempt: number,
): (name: string) => RouteRun {
  const runs = new Map<Handler, RouteRun>()
  return function runOf(name) {
    const handler = handlerOf(name)
    const known = runs.get(handler)
    if (known !== undefined) return known
    const run =
      typeof handler === 'function' ? writerRun(handler, invocation) : eachRun(handler, invocation, attempt)
    runs.set(handler, run)
    return run
  }
}

/** The run of a writer: one call at a time, each with all messages that came during the call before. */
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
    // Lets records that are ready in the same microtask join the call.
    await undefined
    if (deadlines.writing.expired) return
    const items = waiting
    waiting = []
    const outcomes = await call(items.map(({ message }) => message))
    const settled = items.map(({ position }, place) => ({ position, outcome: outcomes[place] as Outcome }))
    const isParked = ({ outcome }: Settled) => outcome.kind === 'park'
    // The other lanes do not wait for copies to the dead-letter queue.
    const parking = settle(settled.filter(isParked)).then(goOn)
    const going = settle(settled.filter((one) => !isParked(one))).then((heads) => {
      // The next messages of these lanes are in `waiting` when this returns.
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
 * The run of a handler of single records: at most `concurrency` at once. During an outage the records that are not begun
 * get the outcome of the outage. While the outage is being probed, records are handled one after the other.
 *
 * @param attempt as in {@link Pass}
 */
function eachRun(each: EachRecord<unknown>, invocation: Invocation<unknown>, attempt: number): RouteRun {
  const { witness, isPartial, deadlines } = invocation
  const detector = detectOutage(each.concurrency, isPartial, attempt)
  const all = createSemaphore(each.concurrency)
  const one = createSemaphore(1)

  async function outcomeOf(message: MessageRecord): Promise<Outcome> {
    const outage = detector.outage()
    if (outage !== undefined) return outage
    const note = witness.begin(each)
    const answering = Promise.resolve(callHandler(each, invocation, message))
    const outcome = (await deadlines.answering.race(answering)) ?? retry({ cause: deadlineError() })
    note([outcome])
    detector.note(outcome)
    return outcome
  }

  return async function handleEach(items, { settle, goOn }) {
    const handle = async ({ position, message }: Item) =>
      deadlines.writing.expired ? [] : settle([{ position, outcome: await outcomeOf(message) }])
    /** Handles a record if the outage is still being probed when it is its turn. */
    const probe = (item: Item) => one.run(async () => (detector.isProbing() ? handle(item) : undefined))
    async function inTurn(item: Item): Promise<void> {
      const probed = detector.isProbing() ? await probe(item) : undefined
      await goOn(probed ?? (await all.run(() => handle(item))) ?? [])
    }
    await Promise.all(items.map(inTurn))
  }
}
