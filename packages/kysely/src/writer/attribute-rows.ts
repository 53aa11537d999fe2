import { dialectErrorsOf } from '../dialects/all-errors.ts'
import type { Answer, ErrorOrigin } from '../dialects/error-origin.ts'
import type { Row } from '../dialects/table.ts'
import { decide } from '../errors/classify-error.ts'
import { refusal } from '../errors/describe-error.ts'
import { attributeFailure } from '../isolation/attribute-failure.ts'
import type { Attempt } from '../time/attempt.ts'
import type { Deadline } from '../time/deadline.ts'
import type { Table } from './table.ts'

/**
 * Finds the origin of an error before a row is parked for it. Create one for each batch: it asks the database once for
 * the same error of rows with the same columns.
 */
export function createRowAttribution(
  table: Table,
  deadline: Deadline,
): <T>(result: Attempt<T>, rows: readonly Row[]) => Promise<Attempt<T>> {
  const known = new Map<string, Promise<Answer>>()
  const last = new Map<Answer, ErrorOrigin>()

  function answerTo(thrown: unknown, rows: readonly Row[]): Promise<Answer> {
    // The reason names the constraint or the column; several tables may have the same names.
    const { code, detail } = refusal(thrown)
    const { error } = decide(thrown)
    const id = JSON.stringify([code, detail, dialectErrorsOf(error)?.placeOf(error), rows[0]?.columns])
    const before = known.get(id)
    if (before !== undefined) return before
    const asked = table.errorOrigin(thrown, rows, deadline).catch((): Answer => 'unsure')
    known.set(id, asked)
    return asked
  }

  /**
   * If the answer depends on the row, several rows together get the answer of the last single row. So the search
   * continues while it finds rows that caused the error, and ends early if it finds none.
   */
  async function originOf(error: unknown, rows: readonly Row[]): Promise<ErrorOrigin> {
    const answer = await answerTo(error, rows)
    if (typeof answer === 'string') return answer
    const [row, another] = rows
    if (row === undefined || another !== undefined) return last.get(answer) ?? 'row'
    const origin = await Promise.resolve(answer(table.valuesOf(row))).catch((): ErrorOrigin => 'unsure')
    last.set(answer, origin)
    return origin
  }

  return function attribute(result, rows) {
    return attributeFailure(result, (error) => originOf(error, rows))
  }
}
