import { SpillwayError } from '@spillway/message'

/** The environment variable with an environment's share of the budget. */
export const shareVariable = 'SPILLWAY_CONNECTIONS'

/** Variables by their names, as in `process.env`. */
export type Variables = Readonly<Record<string, string | undefined>>

/**
 * The share that the environment was given: 1 when it was given none.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when it is not a whole number from 1 to 10,000
 */
export function shareOf(variables: Variables): number {
  const text = variables[shareVariable]
  if (text === undefined) return 1
  const share = Number(text)
  if (/^\d{1,5}$/.test(text) && share >= 1 && share <= 10_000) return share
  throw new SpillwayError(
    'SPILLWAY_OPTION_INVALID',
    `The environment variable ${shareVariable} must be a whole number from 1 to 10000. A function that opens connections needs \`connections\` in the app definition.`,
  )
}
