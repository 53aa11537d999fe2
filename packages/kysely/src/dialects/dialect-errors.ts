import type { ErrorCode } from '@spillway/message'
import type { Failure } from '../errors/failure.ts'
import type { ErrorOrigin } from './error-origin.ts'

/** The description of a database error, without values of a row. */
export interface DatabaseErrorDescription {
  /** The SQLSTATE of Postgres; `MYSQL_` and the number of MySQL and MariaDB. */
  readonly code: string
  /** The code as it appears in a sentence: `SQLSTATE 23505`, `MySQL error 1062`. */
  readonly label: string
  readonly errno?: number
  /** The rule that a row violates, with names of the schema. */
  readonly rule: string
  /** The message of the database if it contains no value; otherwise the rule. */
  readonly text: string
}

/**
 * Reads the errors of a database and of its drivers. The error itself shows which database it comes from, so no
 * function needs the Kysely that threw it. Except for `codesOf` and the functions for driver errors, each function is
 * called only with an error that has a code of this database.
 */
export interface DialectErrors {
  /** The codes of an error that the server sent, the most specific first; empty for any other error. */
  codesOf(error: unknown): readonly string[]
  /** The failure that an error of the server stands for. */
  classify(error: object): Failure
  /** The failure that an error of the driver stands for; `undefined` for any other error. */
  classifyDriver(error: object): Failure | undefined
  /** Whether the driver stopped waiting for the answer to a statement that the server still runs. */
  isUnanswered(error: Error): boolean
  describe(error: unknown): DatabaseErrorDescription
  /**
   * Whether the server sends a code only for its own faults, which no row causes; `undefined` for a text that is not a
   * code of this database.
   */
  isServerCode(code: string): boolean | undefined
  /**
   * The code and the message of the logged error, for errors about which the dialect can say more than their failure
   * does; `undefined` for any other error.
   *
   * @param said the message of the database, in parentheses
   */
  advise(error: unknown, said: string): readonly [ErrorCode, string] | undefined
  /** Whether the statement names a table or a column that does not exist. */
  isAbsent(error: unknown): boolean
  /** Whether the table has no unique constraint for the conflict columns. */
  isUnmatched(error: unknown): boolean
  /** Whether the server ended a statement or a transaction because it took too long. */
  isTimeOut(error: unknown): boolean
  /** Whether the table has no partition for the row. */
  isPartitionMissing(error: unknown): boolean
  /** Instructions for an operator about errors that no row caused, by code. */
  readonly remedies: Readonly<Record<string, string>>
  /** Whether the values of a single row may cause an error that is `systemic` or `unknown`. */
  mayBeOfARow(failure: 'systemic' | 'unknown', error: unknown): boolean
  /** Whether an `unknown` error is about the server itself rather than about a row. */
  isOfTheServer(error: unknown): boolean
  /** Whether the code of an `unknown` error shows whether a row or the server caused it. */
  readonly hasClasses: boolean
  /** Whether a value does not fit the type of its column. */
  isOfAValue(error: unknown): boolean
  /** The place where an error occurred, as far as the server reports it. Equal places have equal texts. */
  placeOf(error: unknown): string
  /**
   * The cause of an error of a transaction, if the error alone shows it; `undefined` if it depends on the statements.
   *
   * @param hasParameters whether a statement that may have failed has parameters
   */
  originOf(error: unknown, hasParameters: boolean): ErrorOrigin | undefined
  /** Whether a statement was refused because an earlier error had ended the transaction. */
  isOfEndedTransaction(error: unknown): boolean
  /** Whether the server rolled back the transaction and would commit each further statement by itself. */
  rollsBack(error: unknown): boolean
}
