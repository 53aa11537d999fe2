import { inspect } from 'node:util'
import { done, type Outcome, park, retry } from '@spillway/message'
import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { timeLimit } from '../testing/database.ts'
import {
  gate,
  type Ledger,
  ledgerWriter,
  manyPostings,
  post,
  posting,
  results,
  totals,
  useLedger,
} from '../testing/ledger.ts'

const ledger = useLedger()

const nothing = { balance: 0, postings: 0, keys: 0 }
const insert = (trx: Kysely<Ledger>, id: string, amount = 1, account = 'a') =>
  trx.insertInto('postings').values({ id, account, amount }).execute()
const withdraw = (trx: Kysely<Ledger>) =>
  trx.updateTable('accounts').set({ balance: -1 }).where('id', '=', 'a').execute()
const notAwaited = { code: 'SPILLWAY_STATEMENT_NOT_AWAITED' }
const swallowed = {
  code: 'SPILLWAY_ERROR_SWALLOWED',
  message: expect.stringContaining('do not catch errors of `trx`'),
}

describe('a function that does not await its statements', () => {
  it('is not done: forEach with an async function', async () => {
    const { write } = ledgerWriter(ledger.open(), {
      transaction: async (trx, messages) => {
        messages.forEach(async (message) => post(trx, [message]))
      },
    })
    const outcomes = await write(manyPostings(3), timeLimit())
    expect(results(outcomes)).toEqual(['retry', 'retry', 'retry'])
    expect(outcomes[0]).toMatchObject({
      cause: {
        ...notAwaited,
        message:
          '1 statement of `trx` was still in flight when the transaction function returned, so nothing is committed: await each of them (forEach with an async function does not wait; use for…of or Promise.all).',
      },
    })
    expect(await totals(ledger.url)).toEqual(nothing)
  })

  it.each<[string, (trx: Kysely<Ledger>) => unknown]>([
    ['a builder', (trx) => void insert(trx, 'x')],
    ['raw SQL', (trx) => void sql`insert into postings values ('x', 'a', 1)`.execute(trx)],
    ['a compiled query', (trx) => void trx.executeQuery(sql`select 1`.compile(trx))],
    ['another schema', (trx) => void insert(trx.withSchema('public'), 'x')],
    ['no plugins', (trx) => void insert(trx.withoutPlugins(), 'x')],
    [
      'a signal',
      (trx) =>
        void trx
          .selectFrom('postings')
          .selectAll()
          .execute({ signal: AbortSignal.timeout(9_000) }),
    ],
    ['a migration', (trx) => void trx.schema.createTable('other').addColumn('id', 'text').execute()],
    ['a refused statement', (trx) => void withdraw(trx)],
    ['one after the other', (trx) => void insert(trx, 'x').then(() => insert(trx, 'y'))],
    ['a promise that is awaited too late', (trx) => void Promise.all([insert(trx, 'x'), withdraw(trx)])],
  ])('is not done, and its connection is unchanged: %s', async (_, start) => {
    const db = ledger.open()
    const { write, runs } = ledgerWriter(db, {
      transaction: async (trx, messages) => {
        if (messages.some(({ key }) => key === 'bad')) start(trx)
        else await post(trx, messages)
      },
    })
    const outcomes = await write([posting('good'), posting('bad')], timeLimit())
    expect(results(outcomes)).toEqual(['done', 'retry'])
    expect(outcomes[1]).toMatchObject({ cause: notAwaited })
    expect(runs).toEqual([['good', 'bad'], ['good'], ['bad']])
    expect(await totals(ledger.url)).toEqual({ balance: 1, postings: 1, keys: 1 })
    expect((await sql`select to_regclass('other') as other`.execute(db)).rows).toEqual([{ other: null }])
  })

  it('reports the number of statements, and the error of the database', async () => {
    const { write } = ledgerWriter(ledger.open(), {
      transaction: async (trx) => {
        void withdraw(trx)
        void insert(trx, 'y').catch(() => undefined)
        await insert(trx, 'z').catch(() => undefined)
      },
    })
    const [outcome] = await write([posting('x')], timeLimit())
    expect(outcome).toMatchObject({
      kind: 'retry',
      cause: {
        ...notAwaited,
        message: expect.stringMatching(/^2 statements of `trx` were /),
        cause: { code: '23514' },
      },
    })
    expect(await totals(ledger.url)).toEqual(nothing)
  })

  it('runs no statement that begins after it has returned', async () => {
    const begun = gate()
    const { write } = ledgerWriter(ledger.open(), {
      transaction: async (trx, messages) => {
        await post(trx, messages)
        setImmediate(() => {
          void insert(trx, 'late')
          begun.resolve()
        })
      },
    })
    const [outcome] = await write([posting('x')], timeLimit())
    await begun.promise
    expect(outcome).toMatchObject({ kind: 'retry', cause: notAwaited })
    expect(await totals(ledger.url)).toEqual(nothing)
  })

  it('runs no statement on a shared connection: it is rejected after COMMIT', async () => {
    const db = ledger.open()
    const kept: Kysely<Ledger>[] = []
    const { write } = ledgerWriter(db, {
      transaction: async (trx, messages) => {
        kept.push(trx)
        await post(trx, messages)
      },
    })
    expect(results(await write([posting('x')], timeLimit()))).toEqual(['done'])
    const [trx] = kept as [Kysely<Ledger>]
    await expect(insert(trx, 'late')).rejects.toMatchObject({
      ...notAwaited,
      message: expect.stringContaining('it did not run'),
    })
    await db.transaction().execute(async () => {
      await expect(sql`insert into postings values ('late', 'a', 1)`.execute(trx)).rejects.toMatchObject(
        notAwaited,
      )
    })
    expect(await totals(ledger.url)).toEqual({ balance: 1, postings: 1, keys: 1 })
  })

  it('may start statements together and await all of them', async () => {
    const { write } = ledgerWriter(ledger.open(), {
      transaction: async (trx, messages) => {
        await Promise.all(messages.map(({ key }) => insert(trx, key)))
        await Promise.allSettled([sql`select 1`.execute(trx), sql`select 2`.execute(trx)])
      },
    })
    expect(new Set(results(await write(manyPostings(20), timeLimit())))).toEqual(new Set(['done']))
    expect(await totals(ledger.url)).toEqual({ balance: 0, postings: 20, keys: 20 })
  })

  it.each<[string, (statements: readonly Promise<unknown>[]) => Promise<unknown>]>([
    ['Promise.all', (statements) => Promise.all(statements)],
    ['Promise.all of the last first', (statements) => Promise.all(statements.toReversed())],
    ['awaiting only the last one', async (statements) => statements.at(-1)],
  ])('has the first refusal as its cause: %s', async (_, wait) => {
    const { write } = ledgerWriter(ledger.open(), {
      transaction: async (trx, messages) => {
        await wait(
          messages.flatMap(({ key, body }) => [insert(trx, key, 1, body.account), insert(trx, `${key}2`)]),
        )
      },
    })
    const batch = [posting('x'), posting('y', { account: 'nobody' }, { receiveCount: 9 }), posting('z')]
    expect(results(await write(batch, timeLimit()))).toEqual(['done', '23503', 'done'])
    expect(await totals(ledger.url)).toMatchObject({ postings: 4, keys: 2 })
  })
})

describe('a function that swallows an error', () => {
  const helper = async (trx: Kysely<Ledger>) => {
    await withdraw(trx).catch(() => undefined)
  }

  it.each<[string, (trx: Kysely<Ledger>) => Promise<unknown>]>([
    ['and returns', helper],
    ['in a helper of a helper', async (trx) => Promise.all([helper(trx)])],
    ['and continues', async (trx) => [await helper(trx), await insert(trx, 'more')]],
    ['and swallows the next error', async (trx) => [await helper(trx), await helper(trx)]],
    [
      'and wraps the next error',
      async (trx) => {
        await helper(trx)
        await insert(trx, 'more').catch((cause) => {
          throw new Error('the posting failed', { cause })
        })
      },
    ],
    ['by Promise.allSettled', async (trx) => Promise.allSettled([withdraw(trx), insert(trx, 'more')])],
  ])('%s gets the error that ended the transaction', async (_, slip) => {
    const { write } = ledgerWriter(ledger.open(), {
      transaction: async (trx, messages) => {
        await post(trx, messages)
        if (messages.some(({ key }) => key === 'x')) await slip(trx)
      },
    })
    const cause = { ...swallowed, cause: { code: '23514', message: expect.stringContaining('"solvent"') } }
    const outcomes = await write([posting('w'), posting('x'), posting('y')], timeLimit())
    expect(results(outcomes)).toEqual(['done', 'retry', 'done'])
    expect(outcomes[1]).toMatchObject({ cause })
    expect(await write([posting('x')], timeLimit())).toMatchObject([{ kind: 'retry', cause }])
    expect(await totals(ledger.url)).toEqual({ balance: 2, postings: 2, keys: 2 })
  })

  it.each([
    ['retried', (cause: unknown): Outcome => retry({ cause }), 'retry'],
    ['parked', (): Outcome => park({ code: 'MINE', detail: 'refused' }), 'MINE'],
  ] as const)(
    'for each message does not affect the others: the refused message is %s',
    async (_, refuse, result) => {
      const { write } = ledgerWriter(ledger.open(), {
        transaction: async (trx, messages) => {
          const outcomes: Outcome[] = []
          for (const message of messages) {
            try {
              await post(trx, [message])
              outcomes.push(done())
            } catch (cause) {
              outcomes.push(refuse(cause))
            }
          }
          return outcomes
        },
      })
      const outcomes = await write(
        [posting('v'), posting('w', { account: 's3cret' }), ...manyPostings(4)],
        timeLimit(),
      )
      expect(results(outcomes)).toEqual(['done', result, 'done', 'done', 'done', 'done'])
      expect(await totals(ledger.url)).toEqual({ balance: 5, postings: 5, keys: 5 })
      expect(inspect(outcomes, { depth: 20, showHidden: true })).not.toContain('s3cret')
    },
  )

  it('and refuses messages after a rollback to a savepoint does not commit them', async () => {
    const { write } = ledgerWriter(ledger.open(), {
      transaction: async (trx, messages) => {
        const outcomes: Outcome[] = []
        for (const message of messages) {
          await sql`savepoint before`.execute(trx)
          try {
            await post(trx, [message])
            if (message.key === 'k1') await helper(trx).then(() => insert(trx, 'more'))
            outcomes.push(done())
          } catch (cause) {
            await sql`rollback to before`.execute(trx)
            outcomes.push(retry({ cause }))
          }
        }
        return outcomes
      },
    })
    expect(results(await write(manyPostings(3), timeLimit()))).toEqual(['done', 'retry', 'done'])
    expect(await totals(ledger.url)).toEqual({ balance: 2, postings: 2, keys: 2 })
  })

  it('is done after a rollback to a savepoint', async () => {
    const { write } = ledgerWriter(ledger.open(), {
      transaction: async (trx, messages) => {
        await sql`savepoint before`.execute(trx)
        await withdraw(trx).catch(() => sql`rollback to before`.execute(trx))
        await post(trx, messages)
      },
    })
    expect(results(await write([posting('x')], timeLimit()))).toEqual(['done'])
    expect(await totals(ledger.url)).toEqual({ balance: 1, postings: 1, keys: 1 })
  })

  it('is reported if it ran a ROLLBACK itself', async () => {
    const { write } = ledgerWriter(ledger.open(), {
      transaction: async (trx, messages) => {
        await post(trx, messages)
        await sql`rollback`.execute(trx)
      },
    })
    expect(await write([posting('x')], timeLimit())).toMatchObject([
      {
        kind: 'retry',
        cause: {
          code: 'SPILLWAY_ERROR_SWALLOWED',
          message: expect.stringContaining('must not run ROLLBACK'),
        },
      },
    ])
    expect(await totals(ledger.url)).toEqual(nothing)
  })

  it('never has the values of a row in its error', async () => {
    const { write } = ledgerWriter(ledger.open(), {
      transaction: async (trx) => {
        await sql`select ${'secret'}::int`.execute(trx).catch(() => undefined)
      },
    })
    const [outcome] = await write([posting('x')], timeLimit())
    expect(outcome).toMatchObject({ kind: 'retry', cause: { ...swallowed, cause: { code: '22P02' } } })
    expect(JSON.stringify(outcome, ['cause', 'message', 'stack', 'detail'])).not.toContain('secret')
  })
})
