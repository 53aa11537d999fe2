import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { MessageDefinition } from './define-message.ts'
import { toIssues } from './issue.ts'
import type { ParkReason } from './outcome.ts'
import { isPromise, runSchema } from './run-schema.ts'

/** The body for a handler, or the reason why it is invalid. */
export type Opened =
  | { readonly ok: true; readonly body: unknown }
  | {
      readonly ok: false
      readonly reason: ParkReason
      /** Whether another reader may read it: the message is newer than this reader, for example during a deploy. */
      readonly retryable: boolean
    }

/**
 * Converts a body to the version of the definition and validates it. Synchronous if the schema is. Throws, or rejects
 * with, what the schema or an upcast throws.
 *
 * @param from the version of the body as it was sent
 */
export function openBody(
  definition: MessageDefinition,
  from: number,
  sent: unknown,
): Opened | PromiseLike<Opened> {
  const { version: to } = definition
  if (from > to) {
    const detail = `The message is of version ${from}; this reader knows ${to}.`
    return { ok: false, reason: { code: 'SPILLWAY_ENVELOPE_INVALID', detail }, retryable: true }
  }
  let body = sent
  for (let version = from; version < to; version++) {
    const upcast = definition.upcast?.[version]
    if (upcast === undefined) {
      const detail = `The message is of version ${from}; this reader has no upcast for ${version}.`
      return { ok: false, reason: { code: 'SPILLWAY_ENVELOPE_INVALID', detail }, retryable: false }
    }
    body = upcast(body)
  }
  const result = runSchema(definition.schema, body)
  return isPromise(result)
    ? result.then((late) => toOpened(definition, body, late))
    : toOpened(definition, body, result)
}

/** Turns the result of the schema into a body, or a reason. */
export function toOpened(
  { name }: MessageDefinition,
  body: unknown,
  result: StandardSchemaV1.Result<unknown>,
): Opened {
  if (result.issues === undefined) return { ok: true, body: result.value }
  const issues = toIssues(result.issues, body)
  const reason = { code: 'SPILLWAY_BODY_INVALID', detail: `The body is not a valid ${name}.`, issues }
  return { ok: false, reason, retryable: false }
}
