import { checkOptions, isFunction, type OptionRules } from '../options.ts'
import { type DecodedText, type Decoding, notMine, refuse } from './decoding.ts'
import { fieldsOf, notJson, parseJson } from './json.ts'
import { timeOf } from './time-of.ts'

/** The body before the schema. For a body that is not an object it has no fields. */
export type PlainBody = Readonly<Record<string, unknown>>

/** Functions that read the facts of a message from its body. */
export interface PlainJsonOptions {
  /** The idempotency key: a string, or a whole number. `undefined` for a body without one. */
  readonly key?: (body: PlainBody) => unknown
  /** The tenant: a string, or a whole number. */
  readonly group?: (body: PlainBody) => unknown
  /** When the message was sent: a text of RFC 3339, milliseconds since 1970, or a `Date`. */
  readonly time?: (body: PlainBody) => unknown
  /** The name of the message. */
  readonly name?: (body: PlainBody) => unknown
  /** The version of the body, from 1. */
  readonly version?: (body: PlainBody) => unknown
}

const rules: OptionRules<PlainJsonOptions> = {
  key: isFunction,
  group: isFunction,
  time: isFunction,
  name: isFunction,
  version: isFunction,
}

const expected = 'plain JSON'

/**
 * Decodes JSON that is the body itself.
 *
 * If a function of the options returns `undefined` or `null`, the fact has its default. If it returns an invalid value,
 * the record is parked. An envelope of Spillway is not accepted as a body: for producers of both kinds use
 * `firstOf(envelope(), plainJson())`.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown or not a function.
 */
export function plainJson(options: PlainJsonOptions = {}): Decoding {
  checkOptions('plainJson', options, rules)
  const facts = Object.entries(options).filter(([, read]) => read !== undefined) as [Fact, Reader][]

  return function decodePlainJson(text) {
    const body = parseJson(text)
    if (body === notJson) return notMine(expected)
    if (isEnvelope(body)) return notMine(expected, 'an envelope of Spillway')
    const fields = fieldsOf(body) ?? {}
    const decoded: Record<string, unknown> = { body }
    for (const [fact, read] of facts) {
      const given = read(fields)
      if (given === undefined || given === null) continue
      const value = readFact[fact](given)
      if (value === undefined) return refuse(`The record holds plain JSON whose ${fact} is not valid.`)
      decoded[fact] = value
    }
    return decoded as unknown as DecodedText
  }
}

type Fact = keyof PlainJsonOptions
type Reader = (body: PlainBody) => unknown

/** Converts the value of each fact; `undefined` for an invalid one. Keys are checked later, for all decodings. */
const readFact: Readonly<Record<Fact, (given: unknown) => unknown>> = {
  key: toText,
  group: toText,
  time: timeOf,
  name: (given) => (typeof given === 'string' ? given : undefined),
  version: (given) => (Number.isSafeInteger(given) && Number(given) > 0 ? given : undefined),
}

function toText(given: unknown): string | undefined {
  if (typeof given === 'string') return given
  return Number.isSafeInteger(given) ? String(given) : undefined
}

/** Whether a body is an envelope of Spillway. It is never meant to be written as a row. */
function isEnvelope(body: unknown): boolean {
  const { spillway, name, key } = fieldsOf(body) ?? {}
  return typeof spillway === 'number' && typeof name === 'string' && typeof key === 'string'
}
