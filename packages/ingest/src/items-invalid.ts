import { HttpError } from './http-error.ts'

/** The most items that a bulk request may have, whatever its limit: an answer has to fit into what Lambda sends. */
export const mostItems = 10_000

/** The 422 for a bulk body as a whole. */
export function itemsInvalid(message: string): HttpError {
  return new HttpError(422, 'SPILLWAY_ITEMS_INVALID', message)
}

/** The 422 for a bulk body with more items than are taken. */
export function tooManyItems(count: number, limit: number): HttpError {
  return itemsInvalid(`There are ${count} items; at most ${limit} are taken at once.`)
}
