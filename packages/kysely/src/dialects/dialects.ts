import { SpillwayError } from '@spillway/message'
import { type DialectAdapter, type Kysely, MysqlAdapter, PostgresAdapter } from 'kysely'

/** The databases that Spillway writes to. MariaDB is `mysql`, PGlite is `postgres`. */
export type EngineName = 'postgres' | 'mysql'

/**
 * Which database a Kysely speaks to, by the adapter of its dialect.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` for any other dialect.
 */
export function engineOf<DB>(owner: string, db: Kysely<DB>): EngineName {
  const { adapter } = db.getExecutor()
  const known = byClass(adapter) ?? byName(adapter)
  if (known !== undefined) return known
  throw new SpillwayError(
    'SPILLWAY_OPTION_INVALID',
    `${owner}: the option \`db\` must be a Kysely with the dialect of Postgres (PGlite included) or MySQL (MariaDB included). Its dialect is another one, or comes from a second copy of kysely in a minified bundle: see \`npm ls kysely\`.`,
  )
}

function byClass(adapter: DialectAdapter): EngineName | undefined {
  if (adapter instanceof PostgresAdapter) return 'postgres'
  if (adapter instanceof MysqlAdapter) return 'mysql'
  return undefined
}

// A bundler gives the class of a second copy a number.
const names: readonly (readonly [RegExp, EngineName])[] = [
  [/^PostgresAdapter\d*$/, 'postgres'],
  [/^MysqlAdapter\d*$/, 'mysql'],
]

/** An app may have two copies of kysely, of two versions or of two module systems: their classes are not the same. */
function byName(adapter: DialectAdapter): EngineName | undefined {
  for (let made: unknown = adapter; made; made = Object.getPrototypeOf(made)) {
    const name = (made as object).constructor?.name
    const known = names.find(([pattern]) => pattern.test(name))
    if (known !== undefined) return known[1]
  }
  return undefined
}
