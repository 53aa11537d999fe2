import { isDeepStrictEqual } from 'node:util'
import { type Issue, type MessageDefinition, SpillwayError, type StandardSchemaV1 } from '@spillway/message'
import { validate } from '@spillway/message/internal'
import { HttpError } from './http-error.ts'
import { findUnstorable, inspectBody } from './inspect-body.ts'
import { keepKnown } from './known-names.ts'
import { findLost } from './lost-value.ts'
import type { Checked, CheckedBody } from './validated.ts'

/**
 * What went into a schema less the names that the schema does not know, if it puts out the same without them; else
 * what went in. `undefined` where there is no such name, as mostly.
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
 * A body as it travels: without unknown names, and as what JSON makes of it, with what comes out of the schema on the
 * other side. At once where the body came from a parser of JSON and all of its names are known.
 *
 * Throws, or rejects with, SpillwayError `SPILLWAY_BODY_INVALID` when the other side would refuse what travels: the
 * app made of the body what JSON does not hold.
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

/** Says whose mistake it is that a body is not valid as it travels. */
type Explain = (definition: MessageDefinition, why: string, body: unknown, cause?: unknown) => Error

/**
 * What JSON makes of a body, and what comes out of the schema for it: the other side validates what travels, where a
 * `Date` is a text.
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
  // Places alone: this goes to the log.
  const places = result.issues.slice(0, 10).map(({ path }) => nameOf(path))
  throw explain(definition, `as JSON it is invalid at ${places.join(', ')}`, body)
}

function parse(definition: MessageDefinition, body: unknown, explain: Explain): unknown {
  let json: string | undefined
  try {
    json = JSON.stringify(body)
  } catch (cause) {
    throw explain(definition, 'it is circular, nests too deep or has a toJSON that throws', body, cause)
  }
  if (json === undefined) throw explain(definition, 'JSON has nothing for it', body)
  return JSON.parse(json)
}

function explainValid({ name }: MessageDefinition, why: string, body: unknown, cause?: unknown): Error {
  // With `unstorable: 'allow'`: the number 1e400 of a client travels as `null`, which the schema does not take.
  const issues = findUnstorable(body)
  if (issues.length > 0) return unstorable(issues)
  return new SpillwayError(
    'SPILLWAY_BODY_INVALID',
    `The valid body of the message ${name} is not what travels: ${why}. A reviver of the body parser, or a middleware before validate, made a value there that JSON does not hold. Let the schema take what JSON holds, for example z.coerce.date() in place of z.date().`,
    { cause },
  )
}

/** What a client is told of a body with what cannot be stored. */
export const unstorableDetail = 'The body holds what cannot be stored.'

/** The 422 for a body with what cannot be stored. */
export function unstorable(issues: readonly Issue[]): HttpError {
  return new HttpError(422, 'SPILLWAY_TEXT_UNSTORABLE', unstorableDetail, { issues })
}

function nameOf(path: string): string {
  return path || 'the body'
}
