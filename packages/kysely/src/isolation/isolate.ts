import type { Outcome } from '@spillway/message'

/** What a statement's answer means for its rows. */
export interface Verdict<Row> {
  /**
   * - `settle`: the outcome holds for each row
   * - `blame`: at least one row is at fault; split until it is alone
   * - `halve`: the statement is too large; smaller ones may pass
   * - `stop`: the outcome holds for each row of this statement and of all that were to follow
   */
  readonly step: 'settle' | 'blame' | 'halve' | 'stop'
  /** Whether the rows are in the database. */
  readonly written: boolean
  /** The outcome of a row that is alone, or whose step is `settle` or `stop`. */
  outcome(row: Row): Outcome
}

/** What {@link isolate} has to know of a row. */
export interface Suspect {
  /** How often the record was delivered. */
  readonly receiveCount: number
  /** Whether it is tried with those that were delivered before. Default: it was delivered before itself. */
  readonly redelivered?: boolean
}

interface Part<Row> {
  readonly rows: readonly Row[]
  /** The other half and the verdict on both: if this half is clean, the other is at fault. */
  readonly twin?: { readonly part: Part<Row>; readonly verdict: Verdict<Row> }
  blamed?: Verdict<Row>
}

/** How much {@link isolate} may spend. */
export interface Budget<Row> {
  /** The most statements, beside one for each batch. */
  readonly statements: number
  /** The outcome of a row that the budget leaves no statement for. */
  spent(row: Row): Outcome
}

/**
 * Writes batches of rows and splits those that are refused, until each refused row is alone and its batch-mates
 * are written. For k refused rows of n that takes about 2k·log2(n) statements.
 *
 * @param batches rows that one statement can write
 * @param write runs one statement
 * @param settle takes the outcome of each row, once
 * @param budget what ends the splitting early, with time left for others. Default: none; the time ends it by `stop`
 */
export async function isolate<Row extends Suspect>(
  batches: readonly (readonly Row[])[],
  write: (rows: readonly Row[]) => Promise<Verdict<Row>>,
  settle: (row: Row, outcome: Outcome) => void,
  budget?: Budget<Row>,
): Promise<void> {
  let left = budget === undefined ? Number.POSITIVE_INFINITY : budget.statements + batches.length
  const pending: Part<Row>[] = batches.map((rows) => ({ rows })).reverse()
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    const { rows, twin } = part
    if (part.blamed === undefined) {
      left -= 1
      if (left < 0 && budget !== undefined) {
        for (const row of rows) settle(row, budget.spent(row))
        continue
      }
    }
    const verdict = part.blamed ?? (await write(rows))
    if (verdict.step === 'stop') {
      for (const { rows: rest } of [part, ...pending]) {
        for (const row of rest) settle(row, verdict.outcome(row))
      }
      return
    }
    if (rows.length > 1 && verdict.step !== 'settle') {
      pending.push(...split(rows, verdict))
    } else {
      for (const row of rows) settle(row, verdict.outcome(row))
    }
    // A row that is alone is always tried: it is parked for its own answer, not by inference.
    if (verdict.written && twin !== undefined && twin.part.rows.length > 1) twin.part.blamed = twin.verdict
  }
}

function split<Row extends Suspect>(rows: readonly Row[], verdict: Verdict<Row>): Part<Row>[] {
  const [first, second] = verdict.step === 'blame' ? bySuspicion(rows) : halves(rows)
  const part: Part<Row> = { rows: second }
  return [part, verdict.step === 'blame' ? { rows: first, twin: { part, verdict } } : { rows: first }]
}

/** Two parts, the first to be tried first: rows that were delivered before apart from new ones, else halves. */
export function bySuspicion<Row extends Suspect>(rows: readonly Row[]): [readonly Row[], readonly Row[]] {
  const suspects = rows.filter(isRedelivered)
  if (suspects.length === 0 || suspects.length === rows.length) return halves(rows)
  return [suspects, rows.filter((row) => !isRedelivered(row))]
}

function isRedelivered({ receiveCount, redelivered = receiveCount > 1 }: Suspect): boolean {
  return redelivered
}

function halves<Row>(rows: readonly Row[]): [readonly Row[], readonly Row[]] {
  const middle = Math.ceil(rows.length / 2)
  return [rows.slice(0, middle), rows.slice(middle)]
}
