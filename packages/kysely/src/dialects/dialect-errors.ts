import type { ErrorCode } from '@spillway/message'
import type { Failure } from '../errors/failure.ts'
import type { ErrorOrigin } from './error-origin.ts'

/** An error of a database in words that hold no value of a row. */
export interface DatabaseWords {
  /** The SQLSTATE of Postgres; `MYSQL_` and the number of MySQL and MariaDB. */
  readonly code: string
  /** The code in a sentence: `SQLSTATE 23505`, `MySQL error 1062`. */
  readonly label: string
  readonly errno?: number
  /** The rule that a row violates, with names of the schema. */
  readonly rule: string
  /** The message of the database if it contains no value; otherwise the rule. */
  readonly text: string
}

/**
 * How the errors of a database and of its drivers are read. An error shows which database it comes from: no
 * function needs the Kysely that it was thrown by. Except for `codesOf` and the driver's errors, a function is called only
 * with an error that has a code of this database.
 */
export interface DialectErrors {
  /** The codes of an error that the server sent, the most specific first; empty for any other error. */
  codesOf(error: unknown): readonly string[]
  /** What an error of the server means. */
  classify(error: object): Failure
  /** What an error that the driver made means; `undefined` for any other error. */
  classifyDriver(error: object): Failure | undefined
  /** Whether the driver gave up waiting for the answer to a statement, which the server still runs. */
  isUnanswered(error: Error): boolean
  describe(error: unknown): DatabaseWords
  /**
   * Whether the server sends a code only for its own faults, which no row causes; `undefined` for a text that is not a code
   * of this database.
   */
  isServerCode(code: string): boolean | undefined
  /**
   * The code and the message of the error that is logged, for an error of which the database knows more than its failure
   * tells; `undefined` for any other error.
   *
   * @param said what the database said, in parentheses
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
  /** What an operator does about an error that no row caused, by code. */
  readonly remedies: Readonly<Record<string, string>>
  /** Whether the values of a single row may cause an error that is `systemic` or `unknown`. */
  mayBeOfARow(failure: 'systemic' | 'unknown', error: unknown): boolean
  /** Whether an `unknown` error is about the server itself rather than about a row. */
  isOfTheServer(error: unknown): boolean
  /** Whether the code of an `unknown` error shows whether a row or the server caused it. */
  readonly hasClasses: boolean
  /** Whether a value does not fit the type of its column. */
  isOfAValue(error: unknown): boolean
  /** Where an error came up, as far as the server says; the same text for the same place. */
  placeOf(error: unknown): string
  /**
   * What caused an error of a transaction, if the error alone shows it; `undefined` if it depends on the statements.
   *
   * @param hasParameters whether a statement that may have failed has parameters
   */
  originOf(error: unknown, hasParameters: boolean): ErrorOrigin | undefined
  /** Whether a statement was refused because an earlier error had ended the transaction. */
  isOfEndedTransaction(error: unknown): boolean
  /** Whether the server rolled back the transaction and would commit each further statement by itself. */
  rollsBack(error: unknown): boolean
}
