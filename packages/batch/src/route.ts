import {
  type EachRecord,
  type MessageBody,
  type MessageDefinition,
  SpillwayError,
  type Writer,
} from '@spillway/message'
import { checkDefinition, isEachRecord } from '@spillway/message/internal'

/** A message and its handler, made by {@link route}. */
export interface Route {
  readonly kind: 'route'
  readonly definition: MessageDefinition
  readonly handler: Writer<never> | EachRecord<never>
}

/**
 * Assigns a handler to a message, for a `batch` of several messages.
 *
 * @example
 * ```ts
 * import { batch, eachRecord, route } from '@spillway/batch'
 * import { defineMessage, done } from '@spillway/message'
 * import * as z from 'zod'
 *
 * const order = defineMessage({ name: 'order.placed', schema: z.object({ id: z.uuid() }) })
 * const refund = defineMessage({ name: 'order.refunded', schema: z.object({ order: z.uuid() }) })
 *
 * export const handler = batch([
 *   route(order, async (records) => records.map(() => done())),
 *   route(refund, eachRecord(async ({ body }) => {
 *     await fetch(`https://example.com/orders/${body.order}`, { method: 'DELETE' })
 *     return done()
 *   })),
 * ])
 * ```
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when the definition or the handler is invalid.
 */
export function route<Definition extends MessageDefinition>(
  definition: Definition,
  handler: Writer<MessageBody<Definition>> | EachRecord<MessageBody<Definition>>,
): Route {
  checkDefinition('route', definition)
  if (!isHandler(handler)) {
    throw new SpillwayError(
      'SPILLWAY_OPTION_INVALID',
      `route: the handler of '${definition.name}' must be ${handlerExpected}.`,
    )
  }
  return Object.freeze({ kind: 'route', definition, handler })
}

/** What {@link isHandler} accepts, for errors. */
export const handlerExpected = 'a writer, which takes a list of records, or eachRecord(…)'

/** Whether a value is a writer or made by `eachRecord`. */
export function isHandler(value: unknown): boolean {
  return typeof value === 'function' || isEachRecord(value)
}

/**
 * Checks a list of routes.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when it is empty, has something else, or has two routes for a name.
 */
export function checkRoutes(routes: readonly unknown[]): asserts routes is readonly Route[] {
  if (routes.length === 0) throw invalid('takes at least one route.')
  const names = new Set<string>()
  const again = new Set<string>()
  for (const one of routes) {
    const { kind, definition } = Object(one) as Partial<Route>
    if (kind !== 'route' || definition === undefined) {
      throw invalid('takes a list of routes: batch([route(order, writer), route(refund, writer)]).')
    }
    const { name } = definition
    if (names.has(name)) again.add(name)
    names.add(name)
  }
  if (again.size === 0) return
  const list = [...again].map((name) => `'${name}'`).join(', ')
  throw invalid(
    `has ${again.size === 1 ? 'two routes for' : 'several routes for each of'} ${list}: records are given to one of them.`,
  )
}

function invalid(what: string): SpillwayError {
  return new SpillwayError('SPILLWAY_OPTION_INVALID', `batch ${what}`)
}
