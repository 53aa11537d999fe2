import type { MessageDefinition } from '@spillway/message'
import { refusePromise } from '@spillway/message/internal'
import type { Checked, CheckedItem } from './validated.ts'

/** A body of a handler's list: with its place where `validate` let that very body through, else as it was returned. */
export interface PlacedBody extends Checked {
  readonly index?: number
  /** What the handler returned, where it made the body. */
  readonly made?: unknown
}

/** How many comparisons are made before places are given up: a list may have 10,000 bodies that no item is like. */
const mostComparisons = 2_000_000

/**
 * Gives the bodies that a handler made the places of the items that they were made of, where that can be known. By the
 * first of these: the same key; the same position in a list that is as long as `event.valid.bodies`, unless a body in it
 * is known to have moved; and, in order, a copy of all the properties of an item. No item gives its place twice.
 *
 * @param definition whose `key` tells bodies apart, if it has one
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

/** The items by their keys, without those that share one. */
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

/** The key of a body; `undefined` for one that has none that can be known. */
function keyOf(definition: MessageDefinition, output: unknown): string | undefined {
  try {
    const key: unknown = definition.key?.(output)
    refusePromise('The key', key)
    return typeof key === 'string' ? key : undefined
  } catch {
    return undefined
  }
}

/** Whether a value has all the properties of an object, and the very values of them. */
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
