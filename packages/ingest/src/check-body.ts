import type { ErrorCode, Issue } from '@spillway/message'
import { findUnstorable, validate } from '@spillway/message/internal'
import { HttpError, type RequestIssue } from './http-error.ts'
import { MalformedItem } from './malformed-item.ts'
import type { NamedSchema } from './part-schema.ts'
import type { CheckedItem, RejectedItem } from './validated.ts'

/** What a body is held against beside its schema. */
export interface BodyRules {
  /** Whether its texts have to be such as the queue and the database can store. */
  readonly storable: boolean
  readonly maxItems: number
}

type CheckedBody =
  | { readonly ok: true; readonly input: unknown; readonly output: unknown }
  | { readonly ok: false; readonly code: ErrorCode; readonly issues: readonly Issue[] }

/** Holds a body against its schema and the rules. Rejects with what the schema throws. */
export async function checkBody(
  { schema }: NamedSchema,
  input: unknown,
  { storable }: Pick<BodyRules, 'storable'>,
): Promise<CheckedBody> {
  const unstorable = storable ? findUnstorable(input) : []
  const result = await validate(schema, input)
  if (!result.ok)
    return { ok: false, code: 'SPILLWAY_BODY_INVALID', issues: [...result.issues, ...unstorable] }
  if (unstorable.length > 0) return { ok: false, code: 'SPILLWAY_TEXT_UNSTORABLE', issues: unstorable }
  return { ok: true, input, output: result.value }
}

/**
 * Holds each item of a bulk body against its schema and the rules.
 *
 * @throws HttpError 422 `SPILLWAY_ITEMS_INVALID` when the body is no list of items within the limit.
 */
export async function checkItems(
  schema: NamedSchema,
  body: unknown,
  rules: BodyRules,
): Promise<{ readonly items: readonly CheckedItem[]; readonly rejected: readonly RejectedItem[] }> {
  const list = toList(body, rules.maxItems)
  const items: CheckedItem[] = []
  const rejected: RejectedItem[] = []
  const results = await Promise.all(list.map((item) => checkItem(schema, item, rules)))
  for (const [index, result] of results.entries()) {
    if ('output' in result) items.push({ index, ...result })
    else rejected.push({ index, ...result })
  }
  return { items, rejected }
}

async function checkItem(
  schema: NamedSchema,
  item: unknown,
  rules: BodyRules,
): Promise<Omit<CheckedItem, 'index'> | Omit<RejectedItem, 'index'>> {
  if (item instanceof MalformedItem) {
    return { status: 400, code: 'SPILLWAY_BODY_MALFORMED', detail: item.detail, issues: [] }
  }
  const result = await checkBody(schema, item, rules)
  if (result.ok) return { input: result.input, output: result.output }
  const { code, issues } = result
  return { status: 422, code, detail: detailOf(schema, code), issues }
}

function toList(body: unknown, maxItems: number): readonly unknown[] {
  if (!Array.isArray(body)) throw itemsInvalid('Send a JSON array of items.')
  if (body.length === 0) throw itemsInvalid('There are no items.')
  if (body.length > maxItems)
    throw itemsInvalid(`There are ${body.length} items; at most ${maxItems} are taken at once.`)
  return body
}

function itemsInvalid(message: string): HttpError {
  return new HttpError(422, 'SPILLWAY_ITEMS_INVALID', message)
}

/** The 422 for a body. */
export function invalidBody(
  schema: NamedSchema,
  code: ErrorCode,
  issues: readonly RequestIssue[],
): HttpError {
  return new HttpError(422, code, detailOf(schema, code), { issues })
}

function detailOf({ name }: NamedSchema, code: ErrorCode): string {
  if (code === 'SPILLWAY_TEXT_UNSTORABLE') return 'The body holds text that cannot be stored.'
  return name === undefined ? 'The body is not valid.' : `The body is not a valid ${name}.`
}
