import type { Kysely } from 'kysely'
import { engineNamed } from '../dialects/dialect.ts'
import { type Culprit, withCulprit } from '../dialects/error-origin.ts'
import { mysqlPlace } from '../dialects/mysql/mysql-errors.ts'
import { isOfAParameter, isOfAValue, isRaised } from '../dialects/postgres/postgres-errors.ts'
import { decide } from '../errors/classify-error.ts'
import { refusal } from '../errors/describe-error.ts'
import type { Attempt } from '../time/attempt.ts'
import type { Schema } from '../writer/catalogue.ts'
import type { TransactionContext } from './run-transaction.ts'
import type { StatementLog, Suspects } from './statement-log.ts'

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
  function ask(thrown: unknown, log: StatementLog): Promise<Culprit> {
    const { code, detail } = refusal(thrown)
    const { error } = decide(thrown)
    const suspects = log.suspects(error)
    const id = JSON.stringify([code, detail, isOfAParameter(error), mysqlPlace(error), suspects.id])
    const asked = known.get(id) ?? culpritOf(thrown, suspects, place).catch((): Culprit => 'unsure')
    known.set(id, asked)
    return asked
  }

  return function accuse(result, log) {
    return withCulprit(result, (error) => ask(error, log))
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
