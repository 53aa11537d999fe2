import { type EachRecord, type MessageRecord, type Outcome, retry, type Writer } from '@spillway/message'
import { inParallel } from '@spillway/transport'
import { callHandler, callWriter } from './call-handler.ts'
import { failuresOfOutage, isHeldFor } from './outage.ts'
import type { Invocation } from './round.ts'
import { outOfTime } from './settle.ts'

/** A handler, whatever its message is. */
type Handler = Writer<unknown> | EachRecord<unknown>

/**
 * Gives messages of different lanes to the handlers of their names, all at the same time: one that throws, is slow or is
 * down costs its own messages alone. Answers an outcome for each, in order, and never rejects.
 *
 * @param otherwise gets the messages of all other names
 */
export function callRouted(handlers: ReadonlyMap<string, Handler>, otherwise: Handler | undefined) {
  return async function call(
    invocation: Invocation<unknown>,
    messages: readonly MessageRecord[],
  ): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = new Array(messages.length)
    const places = Map.groupBy(messages.keys(), (place) => {
      const { name } = messages[place] as MessageRecord
      return handlers.get(name) ?? otherwise
    })
    await Promise.all(
      [...places].map(async ([handler, own]) => {
        const ofHandler = own.map((place) => messages[place] as MessageRecord)
        const answers = await callOne(handler, invocation, ofHandler)
        for (const [index, place] of own.entries()) outcomes[place] = answers[index] as Outcome
      }),
    )
    return outcomes
  }
}

function callOne(
  handler: Handler | undefined,
  invocation: Invocation<unknown>,
  messages: readonly MessageRecord[],
): Promise<readonly Outcome[]> {
  // No reader makes a message that has no handler.
  if (handler === undefined) return Promise.resolve(messages.map(() => retry({ cause: outOfTime() })))
  return typeof handler === 'function'
    ? callWriter(handler, invocation, messages)
    : callEach(handler, invocation, messages)
}

/** Gives messages to the handler of each record, until it shows that what it needs is down: the others come back with it. */
async function callEach(
  each: EachRecord<unknown>,
  invocation: Invocation<unknown>,
  messages: readonly MessageRecord[],
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = new Array(messages.length)
  const patience = failuresOfOutage(each.concurrency, invocation.isPartial)
  let failures = 0
  let outage: Outcome | undefined
  await inParallel([...messages.entries()], each.concurrency, async ([place, message]) => {
    const outcome = outage ?? (await callHandler(each, invocation, message))
    outcomes[place] = outcome
    failures = isHeldFor(outcome) ? failures + 1 : 0
    if (failures >= patience) outage ??= outcome
  })
  return outcomes
}
