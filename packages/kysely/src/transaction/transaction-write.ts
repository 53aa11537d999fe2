import type { Outcome } from '@spillway/message'
import type { Classify } from '../errors/classify-option.ts'
import type { Verdict } from '../isolation/isolate.ts'
import { type Attempt, attempt } from '../time/attempt.ts'
import { createTransactionAccuser } from './accuse-transaction.ts'
import { type Ending, runTransaction, type TransactionContext } from './run-transaction.ts'
import { createStatementLog } from './statement-log.ts'
import { type Entry, outcomeOf } from './transaction-entry.ts'
import { createTransactionJudge } from './transaction-judge.ts'

/** Writes entries of one consumer in one transaction, for `isolate`. One for each batch: its judge counts. */
export function createTransactionWrite<DB, Body>(
  context: TransactionContext<DB, Body>,
  count: number,
  random: () => number,
  classify?: Classify,
): (entries: readonly Entry<Body>[]) => Promise<Verdict<Entry<Body>>> {
  const judge = createTransactionJudge(count, random, classify)
  const accuse = createTransactionAccuser(context as unknown as TransactionContext<unknown, unknown>)

  /** A unique constraint can be broken by a row that another transaction inserted since the function looked. */
  async function run(entries: readonly Entry<Body>[]): Promise<Attempt<Ending<Body>>> {
    const once = async () => {
      let log = createStatementLog()
      const begin = () => {
        log = createStatementLog()
        return runTransaction(context, entries, log)
      }
      return accuse(await attempt(begin, context.deadline, random), log)
    }
    const first = await once()
    const mayPass = first.kind === 'failed' && first.failure === 'duplicate' && entries.length === 1
    return mayPass ? once() : first
  }

  return async function write(entries) {
    const refused = new Map<Entry<Body>, Outcome>()
    for (;;) {
      const rest = entries.filter((entry) => !refused.has(entry))
      if (rest.length === 0) {
        return { step: 'settle', written: false, outcome: (entry) => refused.get(entry) as Outcome }
      }
      const result = await run(rest)
      if (result.kind === 'ok' && result.value.kind === 'refused') {
        for (const [entry, outcome] of result.value.outcomes) refused.set(entry, outcome)
        continue
      }
      const verdict = judge(result)
      const known = result.kind === 'ok' && result.value.kind === 'committed' ? result.value.known : undefined
      for (const entry of rest) if (known?.has(entry.key)) context.known.add(entry)
      const outcome = (entry: Entry<Body>) => (known ? outcomeOf(entry, known) : verdict.outcome(entry))
      return { ...verdict, outcome: (entry) => refused.get(entry) ?? outcome(entry) }
    }
  }
}
