import type { ErrorCode, Issue } from '@spillway/message'
import { findUnstorable, validate } from '@spillway/message/internal'
import { freeze } from './freeze.ts'
import { HttpError, type RequestIssue } from './http-error.ts'
import { MalformedItem } from './malformed-item.ts'
import type { NamedSchema } from './part-schema.ts'

type CheckedBody =
  | { readonly ok: true; readonly input: unknown; readonly output: unknown }
  | {
      readonly ok: false
      readonly status: 400 | 422
      readonly code: ErrorCode
      readonly detail: string
      readonly issues: readonly Issue[]
    }

/**
 * Holds a body against its schema, and its texts to what the queue and the database can store. What comes out is
 * frozen: what a handler changed there would not be what is sent. Rejects with what the schema throws.
 */
export async function checkBody(named: NamedSchema, input: unknown, storable: boolean): Promise<CheckedBody> {
  if (input instanceof MalformedItem || (Array.isArray(input) && input.some(isMalformed))) {
    const { detail } = input instanceof MalformedItem ? input : (input.find(isMalformed) as MalformedItem)
    return { ok: false, status: 400, code: 'SPILLWAY_BODY_MALFORMED', detail, issues: [] }
  }
  const unstorable = storable ? findUnstorable(input) : []
  const result = await validate(named.schema, input)
  if (result.ok && unstorable.length === 0) return { ok: true, input, output: freeze(result.value) }
  const code = result.ok ? 'SPILLWAY_TEXT_UNSTORABLE' : 'SPILLWAY_BODY_INVALID'
  const issues = result.ok ? unstorable : [...result.issues, ...unstorable]
  return { ok: false, status: 422, code, detail: detailOf(named, code) + unparsed(input), issues }
}

/** What is to be said of JSON inside a text, from a client that encodes twice or where a body parser is missing. */
export function unparsed(input: unknown): string {
  return typeof input === 'string' && /^\s*[[{]/.test(input)
    ? ' It is JSON inside a text: encoded twice, or not parsed.'
    : ''
}

/** The error for a body that is not taken. */
export function invalidBody(
  { status, code, detail }: Extract<CheckedBody, { ok: false }>,
  issues: readonly RequestIssue[],
): HttpError {
  return new HttpError(status, code, detail, issues.length > 0 ? { issues } : {})
}

function detailOf({ name }: NamedSchema, code: ErrorCode): string {
  if (code === 'SPILLWAY_TEXT_UNSTORABLE') return 'The body holds what cannot be stored.'
  return name === undefined ? 'The body is not valid.' : `The body is not a valid ${name}.`
}

function isMalformed(item: unknown): boolean {
  return item instanceof MalformedItem
}
