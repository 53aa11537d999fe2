import type { Outcome } from '@spillway/message'
import type { Classify } from '../errors/classify-option.ts'
import { isTooLate, noTimeLeft } from '../isolation/assessor.ts'
import type { Health } from '../isolation/health.ts'
import type { Assessment } from '../isolation/isolate.ts'
import type { Attempt } from '../time/attempt.ts'
import type { Pace } from '../time/pace.ts'
import { attemptInSlice } from '../time/time-slice.ts'
import { type Ending, runTransaction, type TransactionContext } from './run-transaction.ts'
import { createStatementLog, type StatementLog } from './statement-log.ts'
import { type Entry, outcomeOf } from './transaction-entry.ts'
import { createTransactionAssessor, createTransactionAttribution } from './transaction-errors.ts'

/** The result of a transaction, and its statements. */
interface RunResult<Body> {
  readonly result: Attempt<Ending<Body>>
  readonly log: StatementLog
}

/**
 * Writes entries of one consumer in one transaction, for `isolate`. Create one for each batch, because its assessor
 * counts failures.
 */
export function createTransactionWrite<DB, Body>(
  context: TransactionContext<DB, Body> & { readonly health: Health; readonly pace: Pace },
  count: number,
  random: () => number,
  classify?: Classify,
): (entries: readonly Entry<Body>[], isLast: boolean) => Promise<Assessment<Entry<Body>>> {
  const { deadline, health, pace } = context
  const assess = createTransactionAssessor(count, health, classify)
  const attribute = createTransactionAttribution(context as unknown as TransactionContext<unknown, unknown>)

  /**
   * Repeats a single message after a duplicate, because another transaction may have inserted a row since the function
   * read.
   */
  async function run(entries: readonly Entry<Body>[], isLast: boolean): Promise<RunResult<Body>> {
    const options = { pace, deadline, random, records: entries.length, isLast }
    const once = async () => {
      let log = createStatementLog()
      const ended = await attemptInSlice(options, (slice) => {
        log = createStatementLog()
        return runTransaction(context, entries, log, slice)
      })
      const result = await attribute(ended, log)
      return { result, log }
    }
    const first = await once()
    const { kind, failure } = { failure: undefined, ...first.result }
    const mayPass = kind === 'failed' && failure === 'duplicate' && entries.length === 1
    return mayPass ? once() : first
  }

  return async function write(entries, isLast) {
    if (isTooLate(health, pace, deadline)) return noTimeLeft(health)
    const refused = new Map<Entry<Body>, Outcome>()
    for (;;) {
      const rest = entries.filter((entry) => !refused.has(entry))
      if (rest.length === 0) {
        return { step: 'settle', written: false, outcome: (entry) => refused.get(entry) as Outcome }
      }
      const { result, log } = await run(rest, isLast)
      if (result.kind === 'ok' && result.value.kind === 'refused') {
        for (const [entry, outcome] of result.value.outcomes) refused.set(entry, outcome)
        continue
      }
      const assessment = assess(result, log)
      const known = result.kind === 'ok' && result.value.kind === 'committed' ? result.value.known : undefined
      for (const entry of rest) if (known?.has(entry.key)) context.known.add(entry)
      const outcome = (entry: Entry<Body>) => (known ? outcomeOf(entry, known) : assessment.outcome(entry))
      return { ...assessment, outcome: (entry) => refused.get(entry) ?? outcome(entry) }
    }
  }
}
