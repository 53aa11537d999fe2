import { type Answer, type Culprit, withCulprit } from '../dialects/error-origin.ts'
import { mysqlPlace } from '../dialects/mysql/mysql-errors.ts'
import { decide } from '../errors/classify-error.ts'
import { refusal } from '../errors/describe-error.ts'
import type { Attempt } from '../time/attempt.ts'
import type { Deadline } from '../time/deadline.ts'
import type { Row } from './row.ts'
import type { Table } from './table.ts'

/**
 * Looks at who caused an error before a row is blamed for it. One for each batch: what holds for rows of the same columns
 * is asked once.
 */
export function createAccuser(
  table: Table,
  deadline: Deadline,
): <T>(result: Attempt<T>, rows: readonly Row[]) => Promise<Attempt<T>> {
  const known = new Map<string, Promise<Answer>>()
  const last = new Map<Answer, Culprit>()

  function answerTo(error: unknown, rows: readonly Row[]): Promise<Answer> {
    // A refusal names the constraint or the column; tables may have the same names.
    const { code, detail } = refusal(error)
    const id = JSON.stringify([code, detail, mysqlPlace(decide(error).error), rows[0]?.columns])
    const before = known.get(id)
    if (before !== undefined) return before
    const asked = table.culprit(error, rows, deadline).catch((): Answer => 'unsure')
    known.set(id, asked)
    return asked
  }

  /**
   * Where the answer differs from row to row, rows together count as the last row that was alone did: the search goes on
   * while it finds rows to blame, and ends early where it finds none.
   */
  async function culpritOf(error: unknown, rows: readonly Row[]): Promise<Culprit> {
    const answer = await answerTo(error, rows)
    if (typeof answer === 'string') return answer
    const [row, another] = rows
    if (row === undefined || another !== undefined) return last.get(answer) ?? 'row'
    const culprit = await Promise.resolve(answer(table.valuesOf(row))).catch((): Culprit => 'unsure')
    last.set(answer, culprit)
    return culprit
  }

  return function accuse(result, rows) {
    return withCulprit(result, (error) => culpritOf(error, rows))
  }
}
