import type { Kysely } from 'kysely'

import { expect, it } from 'vitest'

import { timeLimit } from '../testing/database.ts'
import { type Ledger, ledgerWriter, post, posting, results } from '../testing/ledger.ts'
import { describeMysql } from '../testing/mysql.ts'
import { useMysqlLedger } from '../testing/mysql-ledger.ts'

describeMysql('a transaction function with a mistake, with MySQL or MariaDB', (database) => {
  const { open, totals } = useMysqlLedger(database)
  const insert = (trx: Kysely<Ledger>, id: string) =>
    trx.insertInto('postings').values({ id, account: 'a', amount: 1 }).execute()
  const withdraw = (trx: Kysely<Ledger>) =>
    trx.updateTable('accounts').set({ balance: -1 }).where('id', '=', 'a').execute()

  // A refused statement does not end the transaction here: other statements would be committed without it.
  it.each<[string, (trx: Kysely<Ledger>) => unknown, unknown]>([
    ['the last statement', (trx) => void withdraw(trx), undefined],
    [
      'a statement before another',
      async (trx) => {
        void withdraw(trx)
        await insert(trx, 'more')
      },
      { code: expect.stringMatching(/^MYSQL_/) },
    ],
    [
      'all of them',
      (trx) =>
        ['x', 'y'].forEach(async (id) => {
          await insert(trx, id)
          await withdraw(trx)
        }),
      undefined,
    ],
    [
      'a stream',
      (trx) =>
        void (async () => {
          for await (const { id } of trx.selectFrom('accounts').select('id').stream()) await insert(trx, id)
        })(),
      undefined,
    ],
  ])('that does not await a refused update is not done: %s', async (_, start, cause) => {
    const { write } = ledgerWriter(open(), {
      transaction: async (trx, messages) => {
        await post(trx, messages)
        if (messages.some(({ key }) => key === 'bad')) await start(trx)
      },
    })
    const outcomes = await write([posting('good'), posting('bad')], timeLimit())
    expect(results(outcomes)).toEqual(['done', 'retry'])
    expect(outcomes[1]).toMatchObject({
      cause: { code: 'SPILLWAY_STATEMENT_NOT_AWAITED', ...(cause === undefined ? {} : { cause }) },
    })
    expect(await totals()).toEqual({ balance: 1, postings: 1, entries: 1 })
  })

  it('is done if it handles the refusal, or reads a stream completely or in part', async () => {
    const { write } = ledgerWriter(open(), {
      transaction: async (trx, messages) => {
        await withdraw(trx).catch(() => undefined)
        const query = trx.selectFrom('accounts').select('id')
        for await (const _ of query.stream());
        for await (const _ of query.stream()) break
        const settled = await Promise.allSettled([withdraw(trx), insert(trx, 'more')])
        expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
        await post(trx, messages)
      },
    })
    expect(results(await write([posting('x')], timeLimit()))).toEqual(['done'])
    expect(await totals()).toEqual({ balance: 1, postings: 2, entries: 1 })
  })

  it('has the first of several refusals as its cause', async () => {
    const { write } = ledgerWriter(open(), {
      transaction: async (trx) => {
        await Promise.all([insert(trx, 'x'), insert(trx, 'x'), withdraw(trx)])
      },
    })
    expect(results(await write([posting('m')], timeLimit()))).toEqual(['MYSQL_1062'])
    expect(await totals()).toEqual({ balance: 0, postings: 0, entries: 0 })
  })
})
