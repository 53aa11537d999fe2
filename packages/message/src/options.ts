import { SpillwayError } from './error.ts'
import { isObject } from './plain.ts'

/** What one option has to be. */
export interface OptionRule {
  readonly required?: boolean
  /** Completes the sentence "… must be". */
  readonly expected: string
  test(value: unknown): boolean
}

/** A rule for each option, the optional ones included: a new option without a rule is a compile error. */
export type OptionRules<Options> = { readonly [Name in keyof Required<Options>]: OptionRule }

/**
 * Holds options against their rules, when the thing is constructed rather than when it first runs.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` that names the option and, for a typo, the one that was meant.
 */
export function checkOptions(
  owner: string,
  options: object,
  rules: { readonly [name: string]: OptionRule },
): void {
  if (!isObject(options) || Array.isArray(options)) {
    throw optionInvalid(`${owner} takes an object of options.`)
  }
  const known = Object.keys(rules)
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(rules, name)) throw optionInvalid(unknownOption(owner, name, known))
  }
  for (const [name, rule] of Object.entries(rules)) {
    const value = options[name]
    if (value === undefined) {
      if (rule.required)
        throw optionInvalid(`${owner}: the option \`${name}\` is missing; it must be ${rule.expected}.`)
    } else if (!rule.test(value)) {
      throw optionInvalid(`${owner}: the option \`${name}\` must be ${rule.expected}.`)
    }
  }
}

/** A string of 1 to `max` characters, required. */
export function nonEmptyString(max = Number.POSITIVE_INFINITY): OptionRule {
  return {
    required: true,
    expected: max === Number.POSITIVE_INFINITY ? 'a non-empty string' : `a string of 1 to ${max} characters`,
    test: (value) => typeof value === 'string' && value.length > 0 && value.length <= max,
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

/** Whether a value is an absolute URL of HTTP. The line end of a file that it was read from makes it none. */
export function isHttpUrl(value: unknown): value is string {
  return typeof value === 'string' && /^https?:\/\/\S+$/.test(value) && URL.canParse(value)
}

/** An optional function. */
export const isFunction: OptionRule = { expected: 'a function', test: (value) => typeof value === 'function' }

/** An optional object, a port for example, that has these methods. */
export function objectWith(...methods: readonly string[]): OptionRule {
  const listed = methods.map((method) => `\`${method}()\``).join(' and ')
  return {
    expected: methods.length === 0 ? 'an object' : `an object with ${listed}`,
    test: (value) =>
      (isObject(value) || typeof value === 'function') &&
      !Array.isArray(value) &&
      methods.every((method) => typeof (value as Record<string, unknown>)[method] === 'function'),
  }
}

/** The same rule for an option that has to be given. */
export function required(rule: OptionRule): OptionRule {
  return { ...rule, required: true }
}

/** The name among `known` that `name` was probably meant to be; `undefined` when none is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best !== undefined && best.distance <= Math.max(2, name.length / 3) ? best.candidate : undefined
}

function unknownOption(owner: string, name: string, known: readonly string[]): string {
  const meant = nearest(name, known)
  const hint = meant === undefined ? `Its options are ${known.join(', ')}.` : `Did you mean \`${meant}\`?`
  return `${owner} has no option \`${name}\`. ${hint}`
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** The error for an option that is wrong. */
export function optionInvalid(message: string): SpillwayError {
  return new SpillwayError('SPILLWAY_OPTION_INVALID', message)
}
