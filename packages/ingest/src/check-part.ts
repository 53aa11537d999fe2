import type { StandardSchemaV1 } from '@spillway/message'
import { validate, valueAt } from '@spillway/message/internal'
import type { RequestIssue, RequestPart } from './http-error.ts'
import { findUnstorable, type IsExact } from './inspect-body.ts'
import { isMisread } from './misread.ts'

/** A part as it came out of its schema, or its issues, which say in which part they are. */
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
  // What comes out is what a handler may put into a message; what else a request brings is nobody's matter.
  const issues = result.ok ? (storable ? findUnstorable(result.value, exactIn(value)) : []) : result.issues
  if (result.ok && issues.length === 0) return result
  return { ok: false, issues: issues.map((issue) => ({ ...issue, in: part })) }
}

/** A schema may make a number of a text: then it has to be the number that the text says. */
function exactIn(part: unknown): IsExact {
  return (tokens, value) => {
    const text = valueAt(part, tokens)
    return typeof text !== 'string' || !isMisread(text, value)
  }
}
