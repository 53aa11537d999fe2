import { toError } from '@spillway/message'
import { checkBody, unparsed } from './check-body.ts'
import type { HttpEvent } from './http-event.ts'
import type { IsExact } from './inspect-body.ts'
import { itemsInvalid, tooManyItems } from './items-invalid.ts'
import type { NamedSchema } from './part-schema.ts'
import { exactAt } from './source-text.ts'
import type { CheckedItem, RejectedItem } from './validated.ts'

/** How many items an asynchronous schema validates at once. */
const atOnce = 100

/**
 * Validates each item of a bulk body. An item for which the schema throws is rejected alone.
 *
 * @throws HttpError 422 `SPILLWAY_ITEMS_INVALID` when the body is not a list of 1 to `maxItems` items.
 */
export async function checkItems(
  schema: NamedSchema,
  event: HttpEvent,
  { storable, maxItems }: { readonly storable: boolean; readonly maxItems: number },
): Promise<{ readonly items: readonly CheckedItem[]; readonly rejected: readonly RejectedItem[] }> {
  const { body } = event
  if (!Array.isArray(body)) throw itemsInvalid(`Send a JSON array of items.${unparsed(body)}`)
  if (body.length === 0) throw itemsInvalid('There are no items.')
  if (body.length > maxItems) throw tooManyItems(body.length, maxItems)
  const items: CheckedItem[] = []
  const rejected: RejectedItem[] = []
  for (let start = 0; start < body.length; start += atOnce) {
    const some = body.slice(start, start + atOnce)
    const results = await Promise.all(
      some.map((item, position) => checkItem(schema, item, storable, exactAt(event, [start + position]))),
    )
    for (const [position, result] of results.entries()) {
      const index = start + position
      if ('output' in result) items.push({ index, ...result })
      else rejected.push({ index, ...result })
    }
  }
  return { items, rejected }
}

async function checkItem(
  schema: NamedSchema,
  item: unknown,
  storable: boolean,
  isExact: IsExact,
): Promise<Omit<CheckedItem, 'index'> | Omit<RejectedItem, 'index'>> {
  try {
    const result = await checkBody(schema, item, storable, isExact)
    if (result.ok) return result
    const { status, code, detail, issues } = result
    return { status, code, detail, issues }
  } catch (thrown) {
    const detail = 'The item could not be checked.'
    return { status: 500, code: 'HTTP_500', detail, issues: [], cause: toError(thrown) }
  }
}
