import type { StandardSchemaV1 } from '@spillway/message'
import { validate, valueAt } from '@spillway/message/internal'
import type { RequestIssue, RequestPart } from './http-error.ts'
import { findUnstorable, type IsExact } from './inspect-body.ts'
import { isMisread } from './misread.ts'

/** Validates a part of a request. Each issue names its part. */
export async function checkPart(
  part: RequestPart,
  schema: StandardSchemaV1,
  value: unknown,
  storable: boolean,
): Promise<
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly RequestIssue[] }
> {
  const result = await validate(schema, value)
  // Only the output can get into a message, so only the output is checked.
  const issues = result.ok ? (storable ? findUnstorable(result.value, exactIn(value)) : []) : result.issues
  if (result.ok && issues.length === 0) return result
  return { ok: false, issues: issues.map((issue) => ({ ...issue, in: part })) }
}

/** A schema may turn a text into a number, which then has to be exactly the number in the text. */
function exactIn(part: unknown): IsExact {
  return (tokens, value) => {
    const text = valueAt(part, tokens)
    return typeof text !== 'string' || !isMisread(text, value)
  }
}
