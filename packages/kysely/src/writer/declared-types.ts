import { SpillwayError } from '@spillway/message'
import type { EngineName } from '../dialects/dialects.ts'
import { builtinType } from '../dialects/postgres/builtin-types.ts'
import type { ColumnTypes } from './catalogue.ts'

const typeName = /^[a-z_][\w$]*(?: [a-z_]+)*(?:\.[a-z_][\w$]*)?(?:\[\])?$/

/** Whether a value is a set of names of types of Postgres, by column. */
export function areTypes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const names = Object.values(value)
  return names.length > 0 && names.every((name) => typeof name === 'string' && typeName.test(name))
}

/** What {@link areTypes} wants to see, for the message of an invalid option. */
export const expectedTypes =
  "the type of each column by its name, in lower case and without a length, as in { id: 'uuid', tags: 'text[]' }"

/**
 * The types of the columns as the user declared them, in place of those in the database.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` where the database is not Postgres
 */
export function declaredTypes(
  declared: Readonly<Record<string, string>>,
  engine: EngineName,
  columnName: (column: string) => string,
): ColumnTypes {
  if (engine !== 'postgres') {
    throw new SpillwayError('SPILLWAY_OPTION_INVALID', 'kyselyWriter: the option `types` is for Postgres.')
  }
  return new Map(
    Object.entries(declared).map(([column, sqlType]) => {
      const list = sqlType.endsWith('[]')
      const json = /^jsonb?(?:\[\])?$/.test(sqlType)
      return [columnName(column), { sqlType, unnestable: !list, list, json, ...builtinType(sqlType) }]
    }),
  )
}
