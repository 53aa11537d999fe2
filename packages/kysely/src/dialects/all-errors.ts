import type { DialectErrors } from './dialect-errors.ts'
import { mysqlErrorDialect } from './mysql/mysql-error-dialect.ts'
import { postgresErrorDialect } from './postgres/postgres-error-dialect.ts'

/** The errors of each database. */
export const dialectErrors: readonly DialectErrors[] = [mysqlErrorDialect, postgresErrorDialect]

/** The reader of an error that a server sent; `undefined` for any other error. */
export function dialectErrorsOf(error: unknown): DialectErrors | undefined {
  return dialectErrors.find(({ codesOf }) => codesOf(error).length > 0)
}
