import { SpillwayError } from '@spillway/message'
import type { Kysely } from 'kysely'
import type { Dialect } from './dialect.ts'
import { mysqlDialect } from './mysql/mysql-dialect.ts'
import { postgresDialect } from './postgres/postgres-dialect.ts'

/** The databases that Spillway writes to. */
const dialects: readonly Dialect[] = [postgresDialect, mysqlDialect]

/**
 * The dialect of a Kysely, by its adapter. An app may load two copies of kysely, of two versions or of two module
 * systems, whose classes differ: then the name of the class counts, to which a bundler may append a number.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` for any other dialect.
 */
export function dialectOf<DB>(owner: string, db: Kysely<DB>): Dialect {
  const { adapter } = db.getExecutor()
  const names = classNames(adapter).map((name) => name.replace(/\d+$/, ''))
  const known =
    dialects.find((dialect) => adapter instanceof dialect.adapter) ??
    dialects.find(({ adapterName }) => names.includes(adapterName))
  if (known !== undefined) return known
  throw new SpillwayError(
    'SPILLWAY_OPTION_INVALID',
    `${owner}: the option \`db\` must be a Kysely with the dialect of Postgres (PGlite included) or MySQL (MariaDB included). Its dialect is another one, or comes from a second copy of kysely in a minified bundle: see \`npm ls kysely\`.`,
  )
}

/** The names of the classes of an object, its own first. */
function classNames(instance: object): string[] {
  const names: string[] = []
  for (let made: unknown = instance; made; made = Object.getPrototypeOf(made)) {
    names.push(String((made as object).constructor?.name))
  }
  return names
}
