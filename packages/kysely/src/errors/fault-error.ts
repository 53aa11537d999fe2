import { SpillwayError } from '@spillway/message'
import { sqlState } from '../dialects/postgres/postgres-errors.ts'
import { decide } from './classify-error.ts'
import { databaseWords } from './database-words.ts'
import type { WriteTarget } from './describe-error.ts'
import { withoutValues } from './without-values.ts'

// What an operator does about it, by SQLSTATE or number.
const advice: Readonly<Record<string, string>> = {
  '2200H': 'raise its `maxvalue`, or give its column a wider type',
  '22003': 'a default, or the sequence behind it, gives more than its column holds: widen the column',
  '23502': 'the column has no default and the write gives it no value: give it one of the two',
  '23503': 'a default refers to a row that is not there: insert that row, or correct the default',
  '23505':
    'a default gives a value that is taken; a sequence that is behind, after a restore for example, is set forward by `setval`',
  '23514': 'a column that the write leaves out, or the constraint itself, has to be corrected',
  '54000': 'see the log of the server: a wraparound of transaction ids needs a vacuum',
  MYSQL_1048: 'the column is given a null by the database itself: correct its default or the trigger',
  MYSQL_1062: 'the counter of an auto-increment column is behind, or a default gives a value that is taken',
  MYSQL_1364: 'the column has no default and the write gives it no value: give it one of the two',
  MYSQL_1452: 'a default refers to a row that is not there: insert that row, or correct the default',
  MYSQL_167: 'the auto-increment column has no values left: give it a wider type',
  MYSQL_1467: 'the auto-increment column has no values left: give it a wider type',
  MYSQL_1526: 'create the partition',
}

/** The error for records that fail for a reason that no row gave: what an operator has to do. Holds no value of a row. */
export function faultError(thrown: unknown, target?: WriteTarget): SpillwayError {
  const { error } = decide(thrown)
  const words = databaseWords(error)
  const code = words?.code ?? ''
  const said =
    words === undefined || words.rule.includes(code) ? words?.rule : `${words.rule}, ${named(code)}`
  const table = target === undefined ? 'the table' : `"${target.table}"`
  const what = isPartitionMissing(error)
    ? `${table} has no partition for the row (${named(code)}): create it`
    : `${said ?? 'an error without a code'}: ${advice[code] ?? 'correct the default, the trigger or the schema'}`
  return new SpillwayError(
    'SPILLWAY_DATABASE_FAULT',
    `The write to ${table} fails for a reason that no record gives: ${what}. Nothing is parked; the records are delivered again.`,
    { cause: withoutValues(thrown) },
  )
}

function named(code: string): string {
  return code.startsWith('MYSQL_') ? code.replace('MYSQL_', 'MySQL error ') : `SQLSTATE ${code}`
}

function isPartitionMissing(error: unknown): boolean {
  return sqlState(error) === '23514' && Reflect.get(Object(error), 'routine') === 'ExecFindPartition'
}
