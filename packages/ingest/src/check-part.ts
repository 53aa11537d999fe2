import type { StandardSchemaV1 } from '@spillway/message'
import { type Validated, validate } from '@spillway/message/internal'
import type { RequestIssue, RequestPart } from './http-error.ts'

/** A part as it came out of its schema, or its issues, which say in which part they are. */
export async function checkPart(
  part: RequestPart,
  schema: StandardSchemaV1,
  value: unknown,
): Promise<Validated<unknown> | { readonly ok: false; readonly issues: readonly RequestIssue[] }> {
  const result = await validate(schema, value)
  if (result.ok) return result
  return { ok: false, issues: result.issues.map((issue) => ({ ...issue, in: part })) }
}
