import type { Row, TableFacts } from '../dialects/table.ts'
import { type Assessor, isTooLate, noTimeLeft, tableChanged, unsent } from '../isolation/assessor.ts'
import type { Health } from '../isolation/health.ts'
import type { Assessment, Candidate } from '../isolation/isolate.ts'
import { type Attempt, attempt } from '../time/attempt.ts'
import type { Deadline } from '../time/deadline.ts'
import type { Pace } from '../time/pace.ts'
import { attemptInSlice } from '../time/time-slice.ts'
import { createRowAttribution } from './attribute-rows.ts'
import { type Catalogue, sameTable } from './catalogue.ts'
import type { Table } from './table.ts'

/** State that the statements of a batch share. */
export interface Batch {
  readonly table: Table
  /** The name of the table, for errors. */
  readonly name: string
  readonly deadline: Deadline
  readonly assess: Assessor
  readonly health: Health
  readonly pace: Pace
  readonly random: () => number
}

/** The facts of a table, which are read if necessary. */
export async function readFacts(
  catalogue: Catalogue,
  deadline: Deadline,
  random: () => number,
): Promise<Attempt<TableFacts>> {
  const { known } = catalogue
  if (known !== undefined) return { kind: 'ok', value: known }
  const read = await attempt(() => catalogue.read(), deadline, random)
  // The next invocation must not wait for a read that hangs.
  if (read.kind === 'late') catalogue.forget()
  return read
}

/**
 * Writes the rows of one statement, for `isolate`. Create one for each batch, because it caches the origins of errors.
 */
export function createRowsWrite(
  { table, name, deadline, assess, health, pace, random }: Batch,
  facts: TableFacts,
): (rows: readonly Row[], isLast: boolean) => Promise<Assessment<Candidate>> {
  const { catalogue } = table
  const attribute = createRowAttribution(table, deadline)
  let verified = false

  /** Runs before a row is parked: a migration may have changed the types that the values were cast to. */
  async function verify(assessment: Assessment<Candidate>): Promise<Assessment<Candidate>> {
    verified = true
    catalogue.forget()
    const read = await readFacts(catalogue, deadline, random)
    if (read.kind !== 'ok') return unsent(assess, health, read)
    return sameTable(read.value, facts) ? assessment : tableChanged(name)
  }

  return async function write(rows, isLast) {
    if (isTooLate(health, pace, deadline)) return noTimeLeft(health)
    const options = { pace, deadline, random, records: rows.length, isLast }
    const ended = await attemptInSlice(options, (slice) => table.insert(rows, facts, slice))
    const result = await attribute(ended, rows)
    const assessment = assess(result)
    if (result.kind !== 'failed') return assessment
    const { failure } = result
    if (failure === 'systemic' || failure === 'fault') catalogue.forget()
    const isDoubtful = assessment.step === 'isolate' && (failure === 'permanent' || failure === 'systemic')
    return isDoubtful && !verified ? verify(assessment) : assessment
  }
}
