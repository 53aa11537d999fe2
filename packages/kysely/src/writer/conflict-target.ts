import { SpillwayError } from '@spillway/message'
import type { EngineName } from '../dialects/dialects.ts'
import type { ConflictRule } from './conflict.ts'

/**
 * Refuses a target of a conflict that the database does not have: only Postgres has partial indexes and names a
 * constraint.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID`
 */
export function assertTarget({ where, constraint }: ConflictRule, engine: EngineName): void {
  if (engine === 'postgres' || (where === undefined && constraint === undefined)) return
  const option = constraint === undefined ? 'conflict.where' : 'conflict.constraint'
  throw new SpillwayError(
    'SPILLWAY_OPTION_INVALID',
    `kyselyWriter: the option \`${option}\` is not for this database; name the columns alone.`,
  )
}
