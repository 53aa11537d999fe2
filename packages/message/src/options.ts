import { SpillwayError } from './error.ts'
import { isObject } from './plain.ts'

/** The rule for one option. */
export interface OptionRule {
  readonly required?: boolean
  /** Whether only tests set the option. Errors do not list it. */
  readonly internal?: boolean
  /** Completes the sentence "… must be". */
  readonly expected: string
  test(value: unknown): boolean
}

/** A rule for each option, including optional ones: an option without a rule is a compile error. */
export type OptionRules<Options> = { readonly [Name in keyof Required<Options>]: OptionRule }

/**
 * Checks options against their rules: at construction, not at the first request.
 *
 * @param hint what to say after the name of an unknown option. Default: the list of the known ones. It gets no internal
 * options
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` that names the option.
 */
export function checkOptions(
  owner: string,
  options: object,
  rules: { readonly [name: string]: OptionRule },
  hint: (name: string, known: readonly string[]) => string = listOptions,
): void {
  if (!isObject(options) || Array.isArray(options)) {
    throw optionInvalid(`${owner} takes an object of options.`)
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(rules, name)) continue
    const known = Object.keys(rules).filter((other) => !rules[other]?.internal)
    throw optionInvalid(`${owner} has no option \`${name}\`. ${hint(name, known)}`)
  }
  for (const [name, rule] of Object.entries(rules)) {
    const value = options[name]
    const isMissing = value === undefined
    if (isMissing ? !rule.required : rule.test(value)) continue
    throw optionInvalid(
      `${owner}: the option \`${name}\` ${isMissing ? 'is missing; it ' : ''}must be ${rule.expected}.`,
    )
  }
}

/** The default hint of {@link checkOptions}: the list of the known options. */
export function listOptions(_: string, known: readonly string[]): string {
  return `Its options are ${known.join(', ')}.`
}

/** A string of 1 to `max` characters, or of any length above 0; required. */
export function nonEmptyString(max?: number): OptionRule {
  return {
    required: true,
    expected: max ? `a string of 1 to ${max} characters` : 'a non-empty string',
    test: (value) => typeof value === 'string' && value !== '' && (!max || value.length <= max),
  }
}

/** An integer from `min` to `max`, optional. */
export function integer(min: number, max: number): OptionRule {
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} up` : `from ${min} to ${max}`
  return {
    expected: `an integer ${range}`,
    test: (value) => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
  }
}

/** One of some strings, optional. */
export function oneOf(...choices: readonly string[]): OptionRule {
  return {
    expected: `one of ${choices.map((choice) => `'${choice}'`).join(', ')}`,
    test: (value) => choices.includes(value as string),
  }
}

/** Whether a value is an absolute HTTP URL. A trailing newline makes it invalid. */
export function isHttpUrl(value: unknown): value is string {
  return typeof value === 'string' && /^https?:\/\/\S+$/.test(value) && URL.canParse(value)
}

/** An optional function. */
export const isFunction: OptionRule = { expected: 'a function', test: (value) => typeof value === 'function' }

/** An optional object with these methods, for example a port. */
export function objectWith(...methods: readonly string[]): OptionRule {
  const listed = methods.map((method) => `\`${method}()\``).join(' and ')
  return {
    expected: listed ? `an object with ${listed}` : 'an object',
    test: (value) =>
      (isObject(value) || typeof value === 'function') &&
      !Array.isArray(value) &&
      methods.every((method) => typeof (value as Record<string, unknown>)[method] === 'function'),
  }
}

/** The same rule for a required option. */
export function required(rule: OptionRule): OptionRule {
  return { ...rule, required: true }
}

/** The same rule for an option that only tests set. */
export function internal(rule: OptionRule): OptionRule {
  return { ...rule, internal: true }
}

/** The clock of a test. */
export const isClock: OptionRule = { ...objectWith('now', 'sleep'), internal: true }

/** The random numbers of a test. */
export const isRandom: OptionRule = { ...isFunction, internal: true }

/** The error for an option that is wrong. */
export function optionInvalid(message: string): SpillwayError {
  return new SpillwayError('SPILLWAY_OPTION_INVALID', message)
}
