import type { Outcome } from '@spillway/message'

/** The consequence of a statement's result for its rows. */
export interface Assessment<Row> {
  /**
   * - `settle`: the outcome holds for each row
   * - `isolate`: at least one row is at fault; split until it is alone
   * - `halve`: the statement is too large; smaller ones may succeed
   * - `sample`: the database may refuse all rows; one of the remaining rows is tried next, alone
   * - `stop`: the outcome holds for each row of this statement and of all later ones
   */
  readonly step: 'settle' | 'isolate' | 'halve' | 'sample' | 'stop'
  /** Whether the rows are in the database. */
  readonly written: boolean
  /**
   * The outcome of a row that is alone, or whose step is `settle` or `stop`. It may depend on the outcomes of other
   * rows.
   */
  outcome(row: Row): Outcome
}

/** The part of an assessment that determines the outcome of a settled row. */
export type Settled<Row> = Pick<Assessment<Row>, 'outcome'>

/** The properties of a row that {@link isolate} needs. */
export interface Candidate {
  /** The number of deliveries of the record. */
  readonly receiveCount: number
  /** Whether it is tried with the redelivered rows. Default: whether the record itself was redelivered. */
  readonly redelivered?: boolean
  /** Rows with a higher priority go first if there is not enough time for all. Default: the number of deliveries. */
  readonly priority?: number
}

interface Part<Row> {
  readonly rows: readonly Row[]
  /** The other half, and the assessment of both: if this half succeeds, the other one is at fault. */
  readonly sibling?: { readonly part: Part<Row>; readonly assessment: Assessment<Row> }
  inferred?: Assessment<Row>
}

/** The limits of {@link isolate}. */
export interface Budget<Row> {
  /** The maximum number of statements, in addition to one for each batch. */
  readonly statements: number
  /** The outcome of a row for which no statement is left. */
  spent(row: Row): Outcome
  /** The maximum number of rows of the next statement. Default: no limit. */
  most?(): number
  /** A number in `[0, 1)`, for the row of a `sample`. Default `Math.random`. */
  random?(): number
}

/**
 * Writes batches of rows, and splits refused ones until each refused row is isolated and all others are written. For k
 * refused rows of n that takes about 2k·log2(n) statements.
 *
 * @param batches lists of rows that one statement can write
 * @param write runs one statement; its second parameter is true for the last one
 * @param settle is called once for each row; read the outcome after all rows are settled
 * @param budget ends the splitting early, to save time for other batches. Default: no budget; the deadline ends it by
 * `stop`
 */
export async function isolate<Row extends Candidate>(
  batches: readonly (readonly Row[])[],
  write: (rows: readonly Row[], isLast: boolean) => Promise<Assessment<Row>>,
  settle: (row: Row, assessment: Settled<Row>) => void,
  budget?: Budget<Row>,
): Promise<void> {
  let left = budget === undefined ? Number.POSITIVE_INFINITY : budget.statements + batches.length
  const pending: Part<Row>[] = batches.map((rows) => ({ rows })).reverse()
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [part, later] = next.inferred === undefined ? portion(next, budget?.most?.()) : [next]
    if (later !== undefined) {
      pending.push(later)
      left += 1
    }
    const { rows, sibling } = part
    if (part.inferred === undefined) {
      left -= 1
      if (left < 0 && budget !== undefined) {
        for (const row of rows) settle(row, { outcome: budget.spent })
        continue
      }
    }
    const assessment = part.inferred ?? (await write(rows, pending.length === 0))
    if (assessment.step === 'stop') {
      for (const { rows: rest } of [part, ...pending]) {
        for (const row of rest) settle(row, assessment)
      }
      return
    }
    if (assessment.step === 'sample') {
      if (rows.length > 1) pending.push({ rows })
      else for (const row of rows) settle(row, assessment)
      left += takeSample(pending, budget?.random ?? Math.random)
    } else if (rows.length > 1 && assessment.step !== 'settle') {
      pending.push(...split(rows, assessment))
    } else {
      for (const row of rows) settle(row, assessment)
    }
    // A single row is always tried, so that it is parked for its own error, not by inference.
    if (assessment.written && sibling !== undefined && sibling.part.rows.length > 1)
      sibling.part.inferred = sibling.assessment
  }
}

/** The outcomes of the rows of a batch, when all are settled. */
export function outcomesOf<Row>(settled: ReadonlyMap<Row, Settled<Row>>): Map<Row, Outcome> {
  const outcomes = new Map<Row, Outcome>()
  for (const [row, assessment] of settled) outcomes.set(row, assessment.outcome(row))
  return outcomes
}

/**
 * Splits off a part with at most this many rows. The rows that were delivered most often go first: otherwise the same
 * rows would be left over each time. Nothing can be inferred from a part of a part.
 */
function portion<Row extends Candidate>(
  part: Part<Row>,
  most = Number.POSITIVE_INFINITY,
): [Part<Row>, Part<Row>?] {
  const { rows } = part
  if (rows.length <= most) return [part]
  const first = new Set(rows.toSorted((a, b) => priorityOf(b) - priorityOf(a)).slice(0, most))
  return [{ rows: rows.filter((row) => first.has(row)) }, { rows: rows.filter((row) => !first.has(row)) }]
}

/**
 * Takes a random row out of its part, to be tried next, and returns the number of statements that this adds. The
 * remaining rows are tried again as a whole, because the database may be up again.
 */
function takeSample<Row>(pending: Part<Row>[], random: () => number): number {
  const place = Math.floor(random() * pending.reduce((sum, { rows }) => sum + rows.length, 0))
  let before = 0
  for (const [position, { rows }] of pending.entries()) {
    const row = rows[place - before]
    before += rows.length
    if (row === undefined) continue
    const others = rows.filter((other) => other !== row)
    pending.splice(position, 1, ...(others.length > 0 ? [{ rows: others }] : []))
    pending.push({ rows: [row] })
    return others.length > 0 ? 2 : 1
  }
  return 0
}

function priorityOf({ receiveCount, priority = receiveCount }: Candidate): number {
  return priority
}

function split<Row extends Candidate>(rows: readonly Row[], assessment: Assessment<Row>): Part<Row>[] {
  const [first, second] = assessment.step === 'isolate' ? bySuspicion(rows) : halves(rows)
  const part: Part<Row> = { rows: second }
  return [
    part,
    assessment.step === 'isolate' ? { rows: first, sibling: { part, assessment } } : { rows: first },
  ]
}

/** Splits rows into two parts, in the order in which they are tried: redelivered rows and new ones, or halves. */
export function bySuspicion<Row extends Candidate>(rows: readonly Row[]): [readonly Row[], readonly Row[]] {
  const suspects = rows.filter(isRedelivered)
  if (suspects.length === 0 || suspects.length === rows.length) return halves(rows)
  return [suspects, rows.filter((row) => !isRedelivered(row))]
}

function isRedelivered({ receiveCount, redelivered = receiveCount > 1 }: Candidate): boolean {
  return redelivered
}

function halves<Row>(rows: readonly Row[]): [readonly Row[], readonly Row[]] {
  const middle = Math.ceil(rows.length / 2)
  return [rows.slice(0, middle), rows.slice(middle)]
}
