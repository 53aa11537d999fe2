import { type MessageDefinition, SpillwayError, validateBody } from '@spillway/message'
import type { HttpEvent } from './http-event.ts'
import { type Checked, type CheckedItem, findRecord, type RejectedItem } from './validated.ts'

/**
 * The body that a handler returned.
 *
 * @throws SpillwayError `SPILLWAY_BODY_INVALID` when it is none: the handler is wrong, not the client.
 */
export async function readBody<Definition extends MessageDefinition>(
  definition: Definition,
  event: HttpEvent,
  returned: unknown,
): Promise<Checked<Definition>> {
  // What `validate` let through needs no second look; a handler's own body does.
  const single = findRecord(event, definition)?.single
  if (single !== undefined && single.output === returned) return single as Checked<Definition>
  if (returned === undefined || returned === null)
    throw handlerWrong(definition, 'the body', 'it returned nothing')
  return check(definition, returned)
}

/** The bodies of a bulk request, and what of the request is not sent. */
export interface ReturnedBodies<Definition extends MessageDefinition> {
  /** Without an index for one that the handler made. */
  readonly bodies: readonly (Checked<Definition> & { readonly index?: number })[]
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
): Promise<ReturnedBodies<Definition>> {
  if (!Array.isArray(returned)) {
    throw handlerWrong(definition, 'a list of bodies', 'it returned no list')
  }
  const { items = [], rejected = [] } = findRecord(event, definition) ?? {}
  const known = toPlaces(items)
  const bodies: (Checked<Definition> & { index?: number })[] = []
  for (const body of returned) {
    const item = known.get(body)?.shift()
    bodies.push((item as Checked<Definition> | undefined) ?? (await check(definition, body)))
  }
  return { bodies, rejected }
}

/** The items by what came out of the schema: two equal texts are two items. */
function toPlaces(items: readonly CheckedItem[]): ReadonlyMap<unknown, CheckedItem[]> {
  const places = new Map<unknown, CheckedItem[]>()
  for (const item of items) {
    const same = places.get(item.output)
    if (same === undefined) places.set(item.output, [item])
    else same.push(item)
  }
  return places
}

async function check<Definition extends MessageDefinition>(
  definition: Definition,
  input: unknown,
): Promise<Checked<Definition>> {
  const result = await validateBody(definition, input)
  if (result.ok) return { input, output: result.body } as Checked<Definition>
  const places = result.issues.map(({ path, message }) => `${path || 'the body'}: ${message}`)
  throw handlerWrong(definition, 'the body', places.join('; '))
}

function handlerWrong({ name }: MessageDefinition, what: string, why: string): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_BODY_INVALID',
    `The handler before enqueue has to return ${what} of a ${name}, but ${why}`,
  )
}
