import type { Kysely } from 'kysely'
import type { Culprit } from '../engines/culprit.ts'
import { engineNamed } from '../engines/engine.ts'
import { decide, type Failure } from '../errors/classify-error.ts'
import { refusal } from '../errors/describe-error.ts'
import { mysqlPlace } from '../errors/mysql-errors.ts'
import { isOfAParameter, isOfAValue, isRaised } from '../errors/postgres-errors.ts'
import type { Attempt } from '../time/attempt.ts'
import type { Schema } from '../writer/catalogue.ts'
import type { TransactionContext } from './run-transaction.ts'
import type { StatementLog, Suspects } from './statement-log.ts'

/** Failures for which a message is parked, at once or at last. */
const blaming: ReadonlySet<Failure> = new Set(['permanent', 'duplicate', 'ordering'])

type Place = Pick<TransactionContext<unknown, unknown>, 'db' | 'engine' | 'deadline'>

/**
 * Looks at who caused an error before a message is blamed for it. One for each batch: what holds for the same statements is
 * asked once.
 *
 * Where COMMIT failed, because a constraint is deferred, each statement may have been the one. Where the text of a statement
 * does not tell what it supplies, nobody is to blame.
 */
export function createTransactionAccuser(
  place: Place,
): <T>(result: Attempt<T>, log: StatementLog) => Promise<Attempt<T>> {
  const known = new Map<string, Promise<Culprit>>()
  return async function accuse(result, log) {
    if (result.kind !== 'failed' || !blaming.has(result.failure)) return result
    const { code, detail } = refusal(result.error)
    const { error } = decide(result.error)
    const suspects = log.suspects(error)
    const id = JSON.stringify([code, detail, isOfAParameter(error), mysqlPlace(error), suspects.id])
    const asked = known.get(id) ?? culpritOf(result.error, suspects, place).catch((): Culprit => 'unsure')
    known.set(id, asked)
    const culprit = await asked
    if (culprit === 'row') return result
    return { ...result, failure: culprit === 'database' ? 'fault' : 'unknown' }
  }
}

async function culpritOf(
  thrown: unknown,
  suspects: Suspects,
  { db, engine, deadline }: Place,
): Promise<Culprit> {
  const { error } = decide(thrown)
  if (isRaised(error)) return 'row'
  // What is wrong came from a table, a sequence or the text itself.
  if (isOfAValue(error) && !suspects.hasParameters) return 'unsure'
  // A value that nothing but the function gave.
  if (isOfAParameter(error)) return 'row'
  const writes = suspects.writes()
  if (writes === undefined || writes.length === 0) return 'unsure'
  const { culprit } = engineNamed(engine)
  const plain = db.withoutPlugins() as unknown as Kysely<Schema>
  const found = new Set<Culprit>()
  for (const { table, isUpdate, ...write } of writes) {
    const into = table.schema === undefined ? table.name : `${table.schema}.${table.name}`
    const answer = await culprit(thrown, { db: plain, into, table, isUpdate, ...write, deadline })
    // The values of a statement are not known.
    const one = typeof answer === 'string' ? answer : 'unsure'
    // Among others, an update that leaves the columns alone is not the one.
    if (one !== 'database' || !isUpdate || writes.length === 1) found.add(one)
  }
  found.delete('elsewhere')
  const [only = 'unsure', another] = found
  return another === undefined ? only : 'unsure'
}
