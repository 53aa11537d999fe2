import { SpillwayError } from '@spillway/message'

/** The environment variable with an environment's share of the budget. */
export const shareVariable = 'SPILLWAY_CONNECTIONS'

/** Variables by their names, as in `process.env`. */
export type Variables = Readonly<Record<string, string | undefined>>

/** The share of the environment; `undefined` if it is not set.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when it is not a whole number from 1 to 10,000
 */
export function givenShare(variables: Variables): number | undefined {
  const text = variables[shareVariable]
  if (text === undefined) return undefined
  const share = Number(text)
  if (/^\d{1,5}$/.test(text) && share >= 1 && share <= 10_000) return share
  throw new SpillwayError(
    'SPILLWAY_OPTION_INVALID',
    `The environment variable ${shareVariable} must be a whole number from 1 to 10000. A function that opens connections needs \`connections\` in the app definition.`,
  )
}

/** The error for options that ask for more connections than the share of this environment. */
export function exceedsShare(what: string, share: number): SpillwayError {
  const given = givenShare(process.env) !== undefined
  const whose = given
    ? `this environment has a share of ${share} (${shareVariable})`
    : `the pools of this process to one database share ${share}`
  const remedy = given
    ? 'Raise `connections` of the function in the app definition, which checks the sum of all shares'
    : 'Give them all one `limit`, or the same `connections`'
  return tooMany(what, `${whose}. ${remedy}`)
}

/** The error for options that ask for too many connections. */
export function tooMany(what: string, why: string): SpillwayError {
  return new SpillwayError('SPILLWAY_OPTION_INVALID', `${what} is too many: ${why}.`)
}
