import type { Outcome } from '@spillway/message'
import { beforeEach, describe, expect, it } from 'vitest'
import type { KyselyTransactionOptions } from '../index.ts'
import { execute, timeLimit } from '../testing/database.ts'
import {
  type Ledger,
  ledgerWriter,
  type Posting,
  post,
  posting,
  totals,
  useLedger,
} from '../testing/ledger.ts'

const ledger = useLedger()

type Transaction = KyselyTransactionOptions<Ledger, Posting>['transaction']

/** All with one statement. */
const atOnce: Transaction = async (trx, messages) => {
  await trx
    .insertInto('postings')
    .values(messages.map(({ key, body }) => ({ id: key, ...body })))
    .execute()
}
const oneByOne: Transaction = async (trx, messages) => post(trx, messages)
/** Attributes each error to its message. */
const catching: Transaction = async (trx, messages) => {
  const outcomes: Outcome[] = []
  for (const message of messages) {
    try {
      await post(trx, [message])
      outcomes.push({ kind: 'done' })
    } catch {
      outcomes.push({ kind: 'park', reason: { code: 'CAUGHT', detail: 'It failed.' } })
    }
  }
  return outcomes
}

const postings = (batch: number) => Array.from({ length: 100 }, (_, index) => posting(`k${batch}-${index}`))

describe('a database that takes 20 ms a row', () => {
  beforeEach(() =>
    execute(
      ledger.url,
      `drop sequence if exists worked; create sequence worked;
       create or replace function slow() returns trigger language plpgsql security definer as $$ begin
         perform pg_sleep(0.02); perform nextval('worked'); return new;
       end $$;
       create or replace trigger slow before insert on postings for each row execute function slow()`,
    ),
  )

  it.each([
    ['with one statement', atOnce],
    ['message by message', oneByOne],
    ['message by message, catching errors', catching],
  ])('commits a part of each batch for which the time is too short, %s', async (_, transaction) => {
    const { write } = ledgerWriter(ledger.open(), { transaction })
    await write([posting('warm')], timeLimit())
    const done: number[] = []
    for (let batch = 0; batch < 5; batch += 1) {
      const outcomes = await write(postings(batch), timeLimit(2_000))
      const isAny = outcomes.some(({ kind }) => kind === 'done')
      for (const outcome of outcomes) {
        expect(['done', 'retry']).toContain(outcome.kind)
        // The committed messages show that the database is not down.
        if (isAny) expect(outcome).not.toHaveProperty('unavailable')
      }
      done.push(outcomes.filter(({ kind }) => kind === 'done').length)
    }
    const [{ n } = { n: 0 }] = await execute(ledger.url, 'select last_value as n from worked')
    // A single statement would write no message of any batch.
    expect(done.filter((one) => one > 0).length).toBeGreaterThanOrEqual(4)
    const written = done.reduce((sum, one) => sum + one, 1)
    expect(written).toBeGreaterThan(80)
    // The answer to a COMMIT may come too late.
    const { keys, postings: rows } = { ...(await totals(ledger.url)) }
    expect(rows).toBe(keys)
    expect(rows).toBeGreaterThanOrEqual(written)
    expect(Number(n)).toBeLessThan(written * 2)
  })
})
