import { checkOptions, listOptions, nearest, type OptionRule } from '@spillway/message/internal'

/**
 * Checks a part of an app definition. For a misspelt option it suggests the most similar one.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` that names the option.
 */
export function checkAppOptions(
  owner: string,
  options: object,
  rules: { readonly [name: string]: OptionRule },
): void {
  checkOptions(owner, options, rules, suggest)
}

function suggest(name: string, known: readonly string[]): string {
  const meant = nearest(name, known)
  return meant === undefined ? listOptions(name, known) : `Did you mean \`${meant}\`?`
}
