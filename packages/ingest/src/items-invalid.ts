import { HttpError } from './http-error.ts'

/** The highest `maxItems`: the answer has to fit into a response of Lambda. */
export const mostItems = 10_000

/** The 422 for a bulk body as a whole. */
export function itemsInvalid(message: string): HttpError {
  return new HttpError(422, 'SPILLWAY_ITEMS_INVALID', message)
}

/** The 422 for a bulk body with too many items. */
export function tooManyItems(count: number, limit: number): HttpError {
  return itemsInvalid(`There are ${count} items; at most ${limit} are accepted at once.`)
}
