import { SpillwayError } from '@spillway/message'
import { mysqlNumber } from '../dialects/mysql/mysql-errors.ts'
import { sqlState } from '../dialects/postgres/postgres-errors.ts'
import { decide } from './classify-error.ts'
import { isUnanswered } from './is-unanswered.ts'

const states: ReadonlySet<string | undefined> = new Set(['57014', '25P04'])
const numbers: ReadonlySet<number | undefined> = new Set([1317, 1969, 3024])

/** Whether a statement or a transaction was ended because it took too long: fewer records take less. */
export function isTimeOut(thrown: unknown): boolean {
  const { failure, error } = decide(thrown)
  if (failure !== 'tooSlow') return false
  const isOurs = error instanceof SpillwayError && error.code === 'SPILLWAY_DEADLINE'
  return isOurs || states.has(sqlState(error)) || numbers.has(mysqlNumber(error)) || isUnanswered(error)
}
