import { SpillwayError } from '@spillway/message'
import { checkOptions, nonEmptyString, type OptionRule, oneOf, required } from '@spillway/message/internal'

/** The values that {@link isConflict} accepts, for the message of an invalid option. */
export const expectedConflict =
  "a column, a list of one or more, or { on, do: 'nothing' | 'fail' } or { on, do: 'update', set?, version? }, " +
  'each with `where: { column: value }` or `constraint: name`'

/** Whether a value is a conflict in its short form, or an object, which {@link checkConflict} checks. */
export function isConflict(value: unknown): boolean {
  return isObject(value) || areNames(value)
}

const rules: { readonly [name: string]: OptionRule } = {
  on: required({ expected: 'a column, or a list of one or more', test: areNames }),
  do: required(oneOf('nothing', 'update', 'fail')),
  where: {
    expected:
      'the columns of the condition with their values, { column: value }: texts, numbers, booleans or null',
    test: areFixed,
  },
  constraint: { ...nonEmptyString(), required: false },
  set: {
    expected: 'a list of one or more columns',
    test: (value) => Array.isArray(value) && areNames(value),
  },
  version: { expected: 'a column', test: isName },
}

/**
 * Checks the long form of the option `conflict`.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` that names the option.
 */
export function checkConflict(owner: string, conflict: unknown): void {
  if (!isObject(conflict)) return
  const name = `${owner}: \`conflict\``
  checkOptions(name, conflict, rules)
  const { on, do: action, where, constraint, set, version } = conflict
  const own: readonly unknown[] = [on].flat()
  for (const [option, columns] of Object.entries({ set, version })) {
    if (columns === undefined) continue
    if (action !== 'update') throw invalid(`${name}: the option \`${option}\` is only for \`do: 'update'\`.`)
    const twice = [columns].flat().find((column) => own.includes(column))
    if (twice !== undefined) {
      throw invalid(`${name}: the option \`${option}\` must not name \`${twice}\`, a column of \`on\`.`)
    }
  }
  if (where !== undefined && constraint !== undefined) {
    throw invalid(`${name} takes \`where\` or \`constraint\`, not both.`)
  }
}

function areFixed(where: unknown): boolean {
  if (!isObject(where)) return false
  const values = Object.values(where)
  const kinds = ['string', 'number', 'boolean']
  return values.length > 0 && values.every((value) => value === null || kinds.includes(typeof value))
}

function areNames(value: unknown): boolean {
  const names = [value].flat()
  return names.length > 0 && names.every(isName)
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(message: string): SpillwayError {
  return new SpillwayError('SPILLWAY_OPTION_INVALID', message)
}
