import { type MessageDefinition, SpillwayError } from '@spillway/message'
import { isPromise } from '@spillway/message/internal'
import { findPlaces, type PlacedBody } from './find-places.ts'
import { noBody } from './http-error.ts'
import type { HttpEvent } from './http-event.ts'
import { findUnstorable } from './inspect-body.ts'
import { findMisread } from './misread.ts'
import { refuseResponse } from './response-like.ts'
import { exactAnywhere } from './source-text.ts'
import { throughJson, toTravelling, unstorable } from './travelling.ts'
import {
  type Checked,
  type CheckedBody,
  type CheckedItem,
  type RejectedItem,
  validationOf,
} from './validated.ts'

/**
 * The body that a handler returned. Synchronous when it is the validated body and JSON holds it exactly.
 *
 * Throws, or rejects with, SpillwayError `SPILLWAY_BODY_INVALID` when the value is not a valid body: a fault of the
 * app, not of the client.
 */
export function readBody<Definition extends MessageDefinition>(
  definition: Definition,
  event: HttpEvent,
  returned: unknown,
  storable: boolean,
): Checked<Definition> | Promise<Checked<Definition>> {
  const single = validationOf(event, definition)?.single as CheckedBody<Definition> | undefined
  const same = single?.output === returned ? single : undefined
  const absent = same !== undefined && same.input === undefined
  if (returned === undefined || returned === null) {
    // The body is optional, and the client did not send it.
    if (absent) throw noBody()
    if (!same?.unchanged()) throw handlerWrong(definition, 'the body', 'it returned nothing')
  }
  // A default of the schema for a missing body is validated like a body that the handler made.
  if (!absent && same?.unchanged()) return toTravelling(definition, same)
  return check(definition, event, returned, storable, same)
}

/** A body that a handler returned, with its place in the request if that is known. */
export interface ReturnedBody<Definition extends MessageDefinition = MessageDefinition>
  extends Checked<Definition> {
  readonly index?: number
}

/** The bodies of a bulk request, and the items that are not sent. */
export interface ReturnedBodies<Definition extends MessageDefinition> {
  readonly bodies: readonly ReturnedBody<Definition>[]
  readonly rejected: readonly RejectedItem[]
}

/**
 * The bodies that a handler returned: bodies of the request, or its own.
 *
 * @throws SpillwayError `SPILLWAY_BODY_INVALID` when they are not a list, or when one that the handler made is invalid.
 */
export async function readBodies<Definition extends MessageDefinition>(
  definition: Definition,
  event: HttpEvent,
  returned: unknown,
  storable: boolean,
): Promise<ReturnedBodies<Definition>> {
  if (!Array.isArray(returned)) {
    await refuseResponse(undefined, returned, false)
    throw handlerWrong(definition, 'a list of bodies', 'it returned no list')
  }
  const { items = [], rejected = [] } = validationOf(event, definition) ?? {}
  const take = itemsByOutput(items)
  const bodies: PlacedBody[] = []
  for (const made of returned) {
    const item = take(made) as (CheckedBody<Definition> & { readonly index?: number }) | undefined
    const travelling = item?.unchanged()
      ? toTravelling(definition, item)
      : check(definition, event, made, storable, item)
    // Avoids a promise for each body: there may be thousands.
    const { input, output } = isPromise(travelling) ? await travelling : travelling
    if (item === undefined) bodies.push({ input, output, made })
    else bodies.push(item.index === undefined ? { input, output } : { input, output, index: item.index })
  }
  return { bodies: findPlaces(definition, items, bodies) as readonly ReturnedBody<Definition>[], rejected }
}

/** Finds the item of a body. If a body is returned more often than it was sent, the surplus ones have no place. */
function itemsByOutput(
  items: readonly CheckedItem[],
): (body: unknown) => (CheckedBody & { readonly index?: number }) | undefined {
  // Two items may be the same value, the same text for example.
  const known = Map.groupBy(items, ({ output }) => output as unknown)
  const taken = new Map<unknown, number>()
  return function take(body) {
    const same = known.get(body)
    if (same === undefined) return undefined
    const turn = taken.get(body) ?? 0
    taken.set(body, turn + 1)
    const { index: _, ...again } = same[0] as CheckedItem
    return same[turn] ?? again
  }
}

/**
 * Validates a body that the handler made, in the form in which it is sent.
 *
 * @param changed the validated body, if the handler changed it
 */
async function check<Definition extends MessageDefinition>(
  definition: Definition,
  event: HttpEvent,
  body: unknown,
  storable: boolean,
  changed?: CheckedBody,
): Promise<Checked<Definition>> {
  await refuseResponse(definition, body, changed?.responseNames === false)
  const issues = storable ? findUnstorable(body, exactAnywhere(event)) : []
  if (issues.length > 0) throw unstorable(issues)
  const checked = await throughJson(definition, body, explainReturned)
  const misread = storable ? findMisread(checked.input, checked.output) : []
  if (misread.length > 0) throw unstorable(misread)
  return toTravelling(definition, { ...checked, plain: true })
}

function explainReturned(definition: MessageDefinition, why: string, _: unknown, cause?: unknown): Error {
  const advice = 'For a body of the request, put validate() before enqueue'
  return handlerWrong(definition, 'the body', `${why}. ${advice}`, cause)
}

function handlerWrong(
  { name }: MessageDefinition,
  what: string,
  why: string,
  cause?: unknown,
): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_BODY_INVALID',
    `The handler before enqueue has to return ${what} of the message ${name}, but ${why}.`,
    { cause },
  )
}
