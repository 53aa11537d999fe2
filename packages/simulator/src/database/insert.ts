import type { VirtualClock } from '../time/virtual-clock.ts'
import { serverError, statementTimeout } from './errors.ts'
import type { Outages, Trouble } from './outage.ts'

/** The time limits of a statement in milliseconds. */
export interface StatementLimits {
  readonly statementTimeout: number
  readonly lockTimeout: number
}

/** Inserts rows with these keys; existing keys are ignored. */
export type Insert = (keys: readonly string[], limits: StatementLimits) => Promise<void>

/** What {@link createInsert} takes. Times are in milliseconds. */
export interface InsertOptions {
  readonly clock: VirtualClock
  readonly outages: Outages
  /** The work for a row. */
  readonly rowTime: number
  readonly roundTrip: number
  /** The inserted keys are added to it. */
  readonly rows: Set<string>
  readonly usage: { workSeconds: number; statements: number }
}

/** Creates the insert of a server, which takes time and fails according to its outages. */
export function createInsert(options: InsertOptions): Insert {
  const { clock, outages, rowTime, roundTrip, rows, usage } = options
  return async function insert(keys, limits) {
    usage.statements += 1
    await outages.answers(roundTrip)
    const now = outages.current()
    if (now !== undefined) await failWrite(now, limits, options)
    const time = workTime(keys.length, rowTime, outages.current())
    const startedAt = clock.now()
    try {
      await outages.pass(Math.min(time, limits.statementTimeout) + roundTrip)
    } finally {
      usage.workSeconds += Math.min(time, limits.statementTimeout, clock.now() - startedAt) / 1000
    }
    if (time > limits.statementTimeout) throw statementTimeout()
    for (const key of keys) rows.add(key)
  }
}

/** How many milliseconds it takes to write this many rows now. */
function workTime(count: number, rowTime: number, trouble: Trouble | undefined): number {
  if (trouble?.kind.is !== 'slow') return count * rowTime
  const slow = count * trouble.kind.rowTime
  return slow <= trouble.left ? slow : trouble.left + (count - trouble.left / trouble.kind.rowTime) * rowTime
}

/** Fails a write according to the outage; resolves if the write may continue. */
async function failWrite(
  { kind, left }: Trouble,
  limits: StatementLimits,
  { outages, roundTrip }: InsertOptions,
): Promise<void> {
  if (kind.is === 'read-only') {
    await outages.pass(roundTrip)
    throw serverError('25006', 'cannot execute INSERT in a read-only transaction')
  }
  if (kind.is !== 'failing') return
  const locked = kind.code === '55P03'
  // The lock is released before the time limits.
  if (locked && kind.after === undefined && left < Math.min(...Object.values(limits))) {
    return outages.pass(left)
  }
  const { after = locked ? limits.lockTimeout : roundTrip } = kind
  await outages.pass(Math.min(after, limits.statementTimeout))
  if (after > limits.statementTimeout) throw statementTimeout()
  throw serverError(kind.code, `the server fails with ${kind.code ?? 'an error without a code'}`)
}
