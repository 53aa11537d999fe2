import type { ErrorCode, Issue } from '@spillway/message'
import { isObject, validate } from '@spillway/message/internal'
import { HttpError, type RequestIssue } from './http-error.ts'
import { findUnstorable, type IsExact, inspectBody } from './inspect-body.ts'
import { MalformedItem } from './malformed-item.ts'
import { findMisread } from './misread.ts'
import type { NamedSchema } from './part-schema.ts'
import { snapshot } from './snapshot.ts'
import { lessUnknown, unstorableDetail } from './travelling.ts'
import type { CheckedBody } from './validated.ts'

type BodyResult =
  | ({ readonly ok: true } & CheckedBody)
  | {
      readonly ok: false
      readonly status: 400 | 422
      readonly code: ErrorCode
      readonly detail: string
      readonly issues: readonly Issue[]
    }

/**
 * Validates a body with its schema, and checks that the queue and the database can store what is sent. Rejects with
 * what the schema throws.
 *
 * @param storable whether to check that the body can be stored
 */
export async function checkBody(
  named: NamedSchema,
  input: unknown,
  storable: boolean,
  isExact: IsExact,
): Promise<BodyResult> {
  if (input instanceof MalformedItem || (Array.isArray(input) && input.some(isMalformed))) {
    const { detail } = input instanceof MalformedItem ? input : (input.find(isMalformed) as MalformedItem)
    return { ok: false, status: 400, code: 'SPILLWAY_BODY_MALFORMED', detail, issues: [] }
  }
  const { plain, issues } = inspectBody(input, isExact)
  const unstorable = storable ? issues : []
  const result = await validate(named.schema, input)
  if (!result.ok) return refuse(named, 'SPILLWAY_BODY_INVALID', [...result.issues, ...unstorable], input)
  const output = result.value
  const misread = storable ? findMisread(input, output) : []
  if (misread.length > 0) return refuse(named, 'SPILLWAY_TEXT_UNSTORABLE', [...misread, ...unstorable], input)
  if (unstorable.length === 0) return accept(input, output, plain)
  // The value may be under a name that the schema drops: such names are not sent.
  const known = (await lessUnknown(named.schema, { input, output })) ?? input
  const left = known === input ? unstorable : findUnstorable(known, isExact)
  return left.length === 0
    ? accept(known, output, false)
    : refuse(named, 'SPILLWAY_TEXT_UNSTORABLE', left, input)
}

function accept(input: unknown, output: unknown, plain: boolean): BodyResult {
  const responseNames = isObject(input) && 'statusCode' in input && 'headers' in input
  return { ok: true, input, output, plain, responseNames, unchanged: snapshot([input, output]) }
}

function refuse(
  named: NamedSchema,
  code: ErrorCode,
  issues: readonly Issue[],
  input: unknown,
): Extract<BodyResult, { ok: false }> {
  return { ok: false, status: 422, code, detail: detailOf(named, code) + unparsed(input), issues }
}

/** A hint for a body that is a string of JSON: the client encoded it twice, or the body parser is missing. */
export function unparsed(input: unknown): string {
  return typeof input === 'string' && /^\s*[[{]/.test(input)
    ? ' It is a string that holds JSON: encoded twice, or not parsed.'
    : ''
}

/** The error for a rejected body. */
export function invalidBody(
  { status, code, detail }: Extract<BodyResult, { ok: false }>,
  issues: readonly RequestIssue[],
): HttpError {
  return new HttpError(status, code, detail, issues.length > 0 ? { issues } : {})
}

function detailOf({ name }: NamedSchema, code: ErrorCode): string {
  if (code === 'SPILLWAY_TEXT_UNSTORABLE') return unstorableDetail
  return name === undefined ? 'The body is not valid.' : `The body is not a valid ${name}.`
}

function isMalformed(item: unknown): boolean {
  return item instanceof MalformedItem
}
