import { type MessageDefinition, SpillwayError, validateBody } from '@spillway/message'
import { findUnstorable } from '@spillway/message/internal'
import { findPlaces, type PlacedBody } from './find-places.ts'
import { HttpError } from './http-error.ts'
import type { HttpEvent } from './http-event.ts'
import { type Checked, type CheckedItem, findRecord, type RejectedItem } from './validated.ts'

/**
 * The body that a handler returned: at once where `validate` let it through, so that it needs no second look.
 *
 * Throws, or rejects with, SpillwayError `SPILLWAY_BODY_INVALID` when it is none: the handler is wrong, not the client.
 */
export function readBody<Definition extends MessageDefinition>(
  definition: Definition,
  event: HttpEvent,
  returned: unknown,
  storable: boolean,
): Checked<Definition> | Promise<Checked<Definition>> {
  const single = findRecord(event, definition)?.single
  if (single !== undefined && single.output === returned) return single as Checked<Definition>
  if (returned === undefined || returned === null)
    throw handlerWrong(definition, 'the body', 'it returned nothing')
  return check(definition, returned, storable)
}

/** A body that a handler returned: with its place in the request, where it came from one that is known. */
export interface ReturnedBody<Definition extends MessageDefinition = MessageDefinition>
  extends Checked<Definition> {
  readonly index?: number
}

/** The bodies of a bulk request, and what of the request is not sent. */
export interface ReturnedBodies<Definition extends MessageDefinition> {
  readonly bodies: readonly ReturnedBody<Definition>[]
  readonly rejected: readonly RejectedItem[]
}

/**
 * The bodies that a handler returned: those of the request, some of them, or its own.
 *
 * @throws SpillwayError `SPILLWAY_BODY_INVALID` when they are no list, or one is invalid and the handler's own.
 */
export async function readBodies<Definition extends MessageDefinition>(
  definition: Definition,
  event: HttpEvent,
  returned: unknown,
  storable: boolean,
): Promise<ReturnedBodies<Definition>> {
  if (!Array.isArray(returned)) {
    throw handlerWrong(definition, 'a list of bodies', 'it returned no list')
  }
  const { items = [], rejected = [] } = findRecord(event, definition) ?? {}
  const take = itemsByOutput(items)
  const bodies: PlacedBody[] = []
  for (const made of returned) {
    bodies.push(take(made) ?? { ...(await check(definition, made, storable)), made })
  }
  return { bodies: findPlaces(definition, items, bodies) as readonly ReturnedBody<Definition>[], rejected }
}

/** Finds the item that a body came out of. One that is returned more often than it was sent has no place then. */
function itemsByOutput(items: readonly CheckedItem[]): (body: unknown) => ReturnedBody | undefined {
  // Two equal texts are two items.
  const known = Map.groupBy(items, ({ output }) => output as unknown)
  const taken = new Map<unknown, number>()
  return function take(body) {
    const same = known.get(body)
    if (same === undefined) return undefined
    const turn = taken.get(body) ?? 0
    taken.set(body, turn + 1)
    const { input, output } = same[0] as CheckedItem
    return same[turn] ?? { input, output }
  }
}

async function check<Definition extends MessageDefinition>(
  definition: Definition,
  input: unknown,
  storable: boolean,
): Promise<Checked<Definition>> {
  const issues = storable ? findUnstorable(input) : []
  if (issues.length > 0) {
    const detail = 'The body holds what cannot be stored.'
    throw new HttpError(422, 'SPILLWAY_TEXT_UNSTORABLE', detail, { issues })
  }
  const json = JSON.stringify(input)
  if (json === undefined) throw handlerWrong(definition, 'the body', 'it returned what is no JSON')
  // The other side validates what travels, where a `Date` is a text and a `Map` is empty.
  const travelling: unknown = JSON.parse(json)
  const result = await validateBody(definition, travelling)
  if (result.ok) return { input: travelling, output: result.body } as Checked<Definition>
  // Places alone: this goes to the log.
  const places = result.issues.slice(0, 10).map(({ path }) => path || 'the body')
  throw handlerWrong(
    definition,
    'the body',
    `as JSON it is invalid at ${places.join(', ')}. For a body of the request, put validate({ body }) before enqueue`,
  )
}

function handlerWrong({ name }: MessageDefinition, what: string, why: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_BODY_INVALID',
    `The handler before enqueue has to return ${what} of the message ${name}, but ${why}.`,
  )
}
