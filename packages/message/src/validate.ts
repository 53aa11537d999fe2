import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type Issue, toIssues } from './issue.ts'
import { isPromise, runSchema } from './run-schema.ts'

/** The output of a schema, or the issues. */
export type Validated<Output> =
  | { readonly ok: true; readonly value: Output }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/** Runs a schema, synchronous or not. Rejects with what the schema throws. */
export async function validate<Schema extends StandardSchemaV1>(
  schema: Schema,
  value: unknown,
): Promise<Validated<StandardSchemaV1.InferOutput<Schema>>> {
  const validated = runSchema(schema, value)
  const result = isPromise(validated) ? await validated : validated
  return result.issues === undefined
    ? { ok: true, value: result.value as StandardSchemaV1.InferOutput<Schema> }
    : { ok: false, issues: toIssues(result.issues, value) }
}
