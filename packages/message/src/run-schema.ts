import type { StandardSchemaV1 } from '@standard-schema/spec'

type Result<Output> = StandardSchemaV1.Result<Output>

/** The part of zod's own interface that is used here. */
interface ZodSchema {
  readonly _zod?: { run?(payload: Payload, context: { readonly async: true }): Payload | Promise<Payload> }
  safeParseAsync?(value: unknown): Promise<{
    readonly data?: unknown
    readonly error?: { readonly issues: readonly StandardSchemaV1.Issue[] }
  }>
}

interface Payload {
  readonly value: unknown
  readonly issues: readonly unknown[]
}

/** Whether a schema of zod is asynchronous: `true` after the first promise, `false` after a valid value without one. */
const asynchronous = new WeakMap<object, boolean>()

/**
 * Runs a schema, synchronous or not. Throws, or rejects with, what the schema throws.
 *
 * zod runs a schema synchronously first, and again asynchronously when a part returns a promise. It drops the first
 * promise, and if that rejects, the process ends. So a schema of zod is run asynchronously until it has accepted a
 * value without a promise, and from the first promise on. One case remains: a later value may be the first that causes
 * a promise.
 */
export function runSchema<Schema extends StandardSchemaV1>(
  schema: Schema,
  value: unknown,
): Result<StandardSchemaV1.InferOutput<Schema>> | PromiseLike<Result<StandardSchemaV1.InferOutput<Schema>>> {
  const standard = schema['~standard']
  type Output = StandardSchemaV1.InferOutput<Schema>
  if (standard.vendor !== 'zod') return standard.validate(value) as Result<Output>
  const known = asynchronous.get(schema)
  const zod = schema as ZodSchema
  if (known === undefined && zod._zod?.run !== undefined) {
    return (learn(schema, value, zod) ?? standard.validate(value)) as Result<Output>
  }
  if (known === true && zod.safeParseAsync !== undefined) return parse(zod, value) as Promise<Result<Output>>
  const result = standard.validate(value)
  if (isPromise(result)) asynchronous.set(schema, true)
  return result as Result<Output>
}

/** The output for a valid value; `undefined` for an invalid one: its issues get their messages only in a normal run. */
function learn(
  schema: StandardSchemaV1,
  value: unknown,
  zod: ZodSchema,
): Result<unknown> | Promise<Result<unknown>> | undefined {
  let payload: Payload | Promise<Payload> | undefined
  try {
    payload = zod._zod?.run?.({ value, issues: [] }, { async: true })
  } catch {
    return undefined
  }
  if (payload === undefined) return undefined
  if (isPromise(payload)) {
    asynchronous.set(schema, true)
    return payload.then((late) => (late.issues.length === 0 ? { value: late.value } : parse(zod, value)))
  }
  if (payload.issues.length > 0) return undefined
  asynchronous.set(schema, false)
  return { value: payload.value }
}

async function parse(zod: ZodSchema, value: unknown): Promise<Result<unknown>> {
  const { data, error } = (await zod.safeParseAsync?.(value)) ?? {}
  return error === undefined ? { value: data } : { issues: error.issues }
}

/** Whether a value is a promise, including one of another realm or of a library. */
export function isPromise<Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return typeof (value as Partial<PromiseLike<Value>> | undefined)?.then === 'function'
}
