import { isDeepStrictEqual } from 'node:util'
import { type Issue, type MessageDefinition, SpillwayError, type StandardSchemaV1 } from '@spillway/message'
import { validate } from '@spillway/message/internal'
import { HttpError } from './http-error.ts'
import { findUnstorable, inspectBody } from './inspect-body.ts'
import { keepKnown } from './known-names.ts'
import { findLost } from './lost-value.ts'
import type { Checked, CheckedBody } from './validated.ts'

/**
 * The input of a schema without the names that the schema does not know, if the output is the same without them; else
 * the input. `undefined` when there is no such name, which is the usual case.
 */
export function lessUnknown(
  schema: StandardSchemaV1,
  { input, output }: Checked,
): Promise<unknown> | undefined {
  const known = keepKnown(input, output)
  if (known === input) return undefined
  return validate(schema, known).then((result) =>
    result.ok && isDeepStrictEqual(result.value, output) ? known : input,
  )
}

/**
 * A body in the form in which it is sent, without unknown names and after JSON, with the output that the schema gives
 * on the other side. Synchronous when JSON holds the body exactly and the schema knows all of its names.
 *
 * Throws, or rejects with, SpillwayError `SPILLWAY_BODY_INVALID` when the other side would reject what is sent, because
 * the app put a value into the body that JSON does not hold.
 */
export function toTravelling<Definition extends MessageDefinition>(
  definition: Definition,
  checked: Checked<Definition> & Pick<CheckedBody, 'plain'>,
): Checked<Definition> | Promise<Checked<Definition>> {
  const { input, output, plain } = checked
  const less = lessUnknown(definition.schema, checked)
  if (less === undefined) return plain ? checked : throughJson(definition, input, explainValid)
  return less.then((known) =>
    plain || inspectBody(known).plain
      ? ({ input: known, output } as Checked<Definition>)
      : throughJson(definition, known, explainValid),
  )
}

/** Makes the error for a body that is not valid in the form in which it is sent. */
type Explain = (definition: MessageDefinition, why: string, body: unknown, cause?: unknown) => Error

/**
 * A body after JSON, and the output of the schema for it. The other side validates what was sent, where a `Date` is a
 * text.
 */
export async function throughJson<Definition extends MessageDefinition>(
  definition: Definition,
  body: unknown,
  explain: Explain,
): Promise<Checked<Definition>> {
  const lost = findLost(body)
  if (lost !== undefined) {
    throw explain(definition, `JSON does not hold the ${lost.kind} at ${nameOf(lost.path)}`, body)
  }
  const input = parse(definition, body, explain)
  const result = await validate(definition.schema, input)
  if (result.ok) return { input, output: result.value } as Checked<Definition>
  // Without messages: the error goes to the log.
  const places = result.issues.slice(0, 10).map(({ path }) => nameOf(path))
  throw explain(definition, `as JSON it is invalid at ${places.join(', ')}`, body)
}

function parse(definition: MessageDefinition, body: unknown, explain: Explain): unknown {
  let json: string | undefined
  try {
    json = JSON.stringify(body)
  } catch (cause) {
    throw explain(definition, 'it is circular, nests too deep, or has a toJSON that throws', body, cause)
  }
  if (json === undefined) throw explain(definition, 'it has no JSON', body)
  return JSON.parse(json)
}

function explainValid({ name }: MessageDefinition, why: string, body: unknown, cause?: unknown): Error {
  // With `unstorable: 'allow'` the number 1e400 is sent as `null`, which the schema may reject.
  const issues = findUnstorable(body)
  if (issues.length > 0) return unstorable(issues)
  return new SpillwayError(
    'SPILLWAY_BODY_INVALID',
    `The valid body of the message ${name} cannot be sent as JSON: ${why}. A reviver of the body parser or a middleware made another value. Let the schema accept what JSON holds, for example z.coerce.date() instead of z.date().`,
    { cause },
  )
}

/** The detail of the 422 for a body that cannot be stored. */
export const unstorableDetail = 'The body holds a value that cannot be stored.'

/** The 422 for a body that cannot be stored. */
export function unstorable(issues: readonly Issue[]): HttpError {
  return new HttpError(422, 'SPILLWAY_TEXT_UNSTORABLE', unstorableDetail, { issues })
}

function nameOf(path: string): string {
  return path || 'the body'
}
