import type { MessageDefinition } from '@spillway/message'
import { refusePromise } from '@spillway/message/internal'
import type { Checked, CheckedItem } from './validated.ts'

/** A body that a handler returned: with its place if it is a valid item of the request. */
export interface PlacedBody extends Checked {
  readonly index?: number
  /** What the handler returned, if it made the body itself. */
  readonly made?: unknown
}

/** The search for copies stops after this many comparisons: a list may have 10,000 bodies that match no item. */
const mostComparisons = 2_000_000

/**
 * Finds for bodies that a handler made the items that they were made of, and gives them the places of those items. The
 * first match counts:
 *
 * 1. the same key
 * 2. the same position, when the list is as long as `event.valid.bodies` and no body in it is known to have moved
 * 3. the next item of which the body has all the properties
 *
 * Each place is given once.
 *
 * @param definition its `key`, if it has one, is compared
 */
export function findPlaces(
  definition: MessageDefinition,
  items: readonly CheckedItem[],
  bodies: readonly PlacedBody[],
): readonly PlacedBody[] {
  if (items.length === 0 || !bodies.some(isMade)) return bodies
  const taken = new Set(bodies.map(({ index }) => index))
  const places = bodies.map(({ index }) => index)
  const take = (position: number, item: CheckedItem | undefined) => {
    if (item === undefined || taken.has(item.index)) return
    taken.add(item.index)
    places[position] = item.index
  }
  const open = (position: number) => places[position] === undefined && isMade(bodies[position])

  const byKey = itemsByKey(definition, items)
  for (const [position, { output, made }] of bodies.entries()) {
    if (made !== undefined) take(position, byKey.get(keyOf(definition, output)))
  }
  const moved = places.some((index, position) => index !== undefined && index !== items[position]?.index)
  if (bodies.length === items.length && !moved) {
    for (const position of bodies.keys()) if (open(position)) take(position, items[position])
  }
  let from = 0
  let left = mostComparisons
  for (const [position, { made }] of bodies.entries()) {
    if (!open(position)) continue
    for (let at = from; at < items.length && left-- > 0; at++) {
      const item = items[at] as CheckedItem
      if (taken.has(item.index) || !isCopy(made, item.output)) continue
      take(position, item)
      from = at + 1
      break
    }
  }
  return bodies.map((body, position) => {
    const index = places[position]
    return index === undefined || index === body.index ? body : { ...body, index }
  })
}

function isMade(body: PlacedBody | undefined): boolean {
  return body?.made !== undefined
}

/** The items by their keys, without items that share a key. */
function itemsByKey(
  definition: MessageDefinition,
  items: readonly CheckedItem[],
): ReadonlyMap<string | undefined, CheckedItem | undefined> {
  const byKey = new Map<string | undefined, CheckedItem | undefined>()
  if (definition.key === undefined) return byKey
  for (const item of items) {
    const key = keyOf(definition, item.output)
    byKey.set(key, byKey.has(key) ? undefined : item)
  }
  byKey.delete(undefined)
  return byKey
}

/** The key of a body; `undefined` when there is none. */
function keyOf(definition: MessageDefinition, output: unknown): string | undefined {
  try {
    const key: unknown = definition.key?.(output)
    refusePromise('The key', key)
    return typeof key === 'string' ? key : undefined
  } catch {
    return undefined
  }
}

/** Whether a value has all the properties of an object, with identical values. */
function isCopy(value: unknown, object: unknown): boolean {
  if (typeof value !== 'object' || value === null || typeof object !== 'object' || object === null)
    return false
  const names = Object.keys(object)
  return (
    names.length > 0 &&
    names.every(
      (name) => Object.hasOwn(value, name) && Reflect.get(value, name) === Reflect.get(object, name),
    )
  )
}
