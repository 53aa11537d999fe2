import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type Issue, toIssues } from './issue.ts'

/** What came out of a schema, or why nothing did. */
export type Validated<Output> =
  | { readonly ok: true; readonly value: Output }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/** Runs a schema, synchronous or not. Rejects with what the schema throws. */
export async function validate<Schema extends StandardSchemaV1>(
  schema: Schema,
  value: unknown,
): Promise<Validated<StandardSchemaV1.InferOutput<Schema>>> {
  return validateNow(schema, value)
}

/** The same at once where the schema is synchronous. Throws, or rejects, with what the schema throws. */
export function validateNow<Schema extends StandardSchemaV1>(
  schema: Schema,
  value: unknown,
):
  | Validated<StandardSchemaV1.InferOutput<Schema>>
  | Promise<Validated<StandardSchemaV1.InferOutput<Schema>>> {
  const result = schema['~standard'].validate(value)
  if (isPromise(result)) return Promise.resolve(result).then((late) => toValidated(late, value))
  return toValidated(result, value)
}

function toValidated<Output>(result: StandardSchemaV1.Result<Output>, value: unknown): Validated<Output> {
  return result.issues === undefined
    ? { ok: true, value: result.value }
    : { ok: false, issues: toIssues(result.issues, value) }
}

// A promise may be of another realm, or of a library.
function isPromise<Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return typeof (value as Partial<PromiseLike<Value>> | undefined)?.then === 'function'
}
