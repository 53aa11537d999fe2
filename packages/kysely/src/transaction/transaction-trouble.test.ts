import { sql } from 'kysely'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startCuttingProxy } from '../testing/cutting-proxy.ts'
import { connect, execute, timeLimit } from '../testing/database.ts'
import {
  gate,
  ledgerWriter,
  manyPostings,
  post,
  posting,
  results,
  totals,
  useLedger,
  waitingForLocks,
} from '../testing/ledger.ts'

const ledger = useLedger()

const pair = () => [posting('x', { amount: 2 }), posting('y', { account: 'b', amount: 3 })]

describe('a connection that is lost', () => {
  it('during the transaction leaves no effect, and the transaction runs again', async () => {
    const db = ledger.open()
    let killed = false
    const { write, runs } = ledgerWriter(db, {
      transaction: async (trx, messages) => {
        await post(trx, messages)
        if (killed) return
        killed = true
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx)
        await execute(ledger.url, `select pg_terminate_backend(${rows[0]?.pid}, 5000)`)
        await post(trx, [posting('never')])
      },
    })
    expect(results(await write(pair(), timeLimit()))).toEqual(['done', 'done'])
    expect(runs).toHaveLength(2)
    expect(await totals(ledger.url)).toEqual({ balance: 2, postings: 2, keys: 2 })
  })

  it.each([
    ['answered', 1],
    ['unsent', 2],
  ] as const)('with a COMMIT that is %s has one effect', async (when, expectedRuns) => {
    await using proxy = await startCuttingProxy(ledger.url)
    const { write, runs } = ledgerWriter(ledger.open(1, proxy.url))
    await write([posting('before')], timeLimit())
    proxy.cutNextCommit(when)
    runs.length = 0
    expect(results(await write(pair(), timeLimit()))).toEqual(['done', 'done'])
    expect(proxy.cuts()).toBe(1)
    expect(runs).toHaveLength(expectedRuns)
    expect(await totals(ledger.url)).toEqual({ balance: 3, postings: 3, keys: 3 })
    expect(results(await write(pair(), timeLimit()))).toEqual(['done', 'done'])
    expect(await totals(ledger.url)).toEqual({ balance: 3, postings: 3, keys: 3 })
  })

  it('to a demoted server is replaced', async () => {
    const db = ledger.open()
    const { write } = ledgerWriter(db)
    await write([posting('before')], timeLimit())
    await sql`set default_transaction_read_only = on`.execute(db)
    expect(results(await write(pair(), timeLimit(5_000)))).toEqual(['done', 'done'])
    expect(await totals(ledger.url)).toEqual({ balance: 3, postings: 3, keys: 3 })
  })
})

describe('a database in trouble', () => {
  it('that accepts no writes parks nothing', async () => {
    await execute(ledger.url, 'alter database test set default_transaction_read_only = on')
    const reset = 'begin read write; alter database test reset default_transaction_read_only; commit'
    onTestFinished(() => execute(ledger.url, reset).then(() => undefined))
    const { write, runs } = ledgerWriter(ledger.open())
    const outcomes = await write(pair(), timeLimit(1_500))
    expect(results(outcomes)).toEqual(['retry', 'retry'])
    expect(outcomes[0]).toMatchObject({ cause: { code: 'SPILLWAY_DATABASE_UNAVAILABLE' } })
    expect(runs).toEqual([])
    await execute(ledger.url, reset)
    expect(results(await write(pair(), timeLimit()))).toEqual(['done', 'done'])
  })

  it.each([
    [
      'the inbox',
      'alter table spillway_inbox rename to gone',
      'alter table gone rename to spillway_inbox',
      0,
    ],
    [
      'a table of the function',
      'alter table postings rename to gone',
      'alter table gone rename to postings',
      1,
    ],
    ['a column', 'alter table postings rename amount to sum', 'alter table postings rename sum to amount', 1],
  ])(
    'without %s gets one transaction for each batch and parks nothing',
    async (_, drift, migration, expectedRuns) => {
      await execute(ledger.url, drift)
      const { write, runs } = ledgerWriter(ledger.open())
      const batch = Array.from({ length: 20 }, (_, index) => posting(`k${index}`, {}, { receiveCount: 9 }))
      const outcomes = await write(batch, timeLimit())
      await execute(ledger.url, migration)
      expect(new Set(results(outcomes))).toEqual(new Set(['retry']))
      expect(outcomes[0]).toMatchObject({
        unavailable: true,
        cause: { code: 'SPILLWAY_TABLE_UNKNOWN' },
      })
      expect(runs).toHaveLength(expectedRuns)
      expect(new Set(results(await write(batch, timeLimit())))).toEqual(new Set(['done']))
    },
  )

  it('that holds a lock is reported before the deadline, and has no transaction of the writer after it', async () => {
    const locker = await connect(ledger.url)
    await locker.query('begin; lock table accounts in access exclusive mode')
    const { write } = ledgerWriter(ledger.open())
    const start = performance.now()
    const outcomes = await write(pair(), timeLimit(2_500))
    expect(performance.now() - start).toBeLessThan(2_400)
    expect(results(outcomes)).toEqual(['retry', 'retry'])
    expect(outcomes[0]).toMatchObject({ cause: { message: expect.stringMatching(/SQLSTATE 55P03|locks/) } })
    await waitingForLocks(ledger.url, 0)
    await locker.end()
    expect(results(await write(pair(), timeLimit()))).toEqual(['done', 'done'])
    expect(await totals(ledger.url)).toEqual({ balance: 2, postings: 2, keys: 2 })
  })
})

describe('time that runs out', () => {
  it.each([
    // After a time-out, fewer messages are tried at once.
    ['the deadline', () => timeLimit(1_000), [['x', 'y'], ['x'], ['y']]],
    [
      'the caller',
      () => timeLimit(20_000, AbortSignal.timeout(1_000)),
      [
        ['x', 'y'],
        ['x', 'y'],
      ],
    ],
  ])('rolls back statements that the function finishes later: %s', async (_, limit, expectedRuns) => {
    const open = gate()
    let held = true
    const { write, runs } = ledgerWriter(ledger.open(), {
      transaction: async (trx, messages) => {
        await post(trx, messages)
        if (held) await open.promise
      },
    })
    expect(results(await write(pair(), limit()))).toEqual(['retry', 'retry'])
    held = false
    open.resolve()
    expect(results(await write(pair(), timeLimit()))).toEqual(['done', 'done'])
    expect(runs).toEqual(expectedRuns)
    expect(await totals(ledger.url)).toEqual({ balance: 2, postings: 2, keys: 2 })
  })

  it('makes the server end the transaction of a frozen environment', async () => {
    const [inside, thawed] = [gate(), gate()]
    const frozen = ledgerWriter(ledger.open(), {
      transaction: async (trx, messages) => {
        await post(trx, messages)
        inside.resolve()
        await sql`select 1`.execute(trx)
        await thawed.promise
      },
    })
    const frozenWrite = frozen.write(pair(), timeLimit(1_500))
    await inside.promise
    const other = ledgerWriter(ledger.open())
    expect(results(await other.write(pair(), timeLimit(15_000)))).toEqual(['done', 'done'])
    thawed.resolve()
    expect(results(await frozenWrite)).toEqual(['retry', 'retry'])
    expect(await totals(ledger.url)).toEqual({ balance: 2, postings: 2, keys: 2 })
  })

  it('before the first statement prevents it', async () => {
    const { write, runs } = ledgerWriter(ledger.open())
    expect(results(await write(pair(), timeLimit(20_000, AbortSignal.abort())))).toEqual(['retry', 'retry'])
    expect(results(await write(pair(), timeLimit(0)))).toEqual(['retry', 'retry'])
    expect(runs).toEqual([])
  })
})

describe('a function that interferes with its transaction', () => {
  it.each([
    [
      'swallows an error',
      async (trx: Parameters<typeof post>[0]) => {
        await sql`select 1 / 0`.execute(trx).catch(() => undefined)
      },
    ],
    ['rolls back', async (trx: Parameters<typeof post>[0]) => void (await sql`rollback`.execute(trx))],
  ])('and %s is not done', async (_, interfere) => {
    const { write } = ledgerWriter(ledger.open(), {
      transaction: async (trx, messages) => {
        await post(trx, messages)
        if (messages.some(({ key }) => key === 'x')) await interfere(trx)
      },
    })
    expect(results(await write(pair(), timeLimit()))).toEqual(['retry', 'done'])
    expect(await totals(ledger.url, 'b')).toEqual({ balance: 3, postings: 1, keys: 1 })
  })
})

it('a server that fails for each message is searched once; then two transactions per delivery show that it still fails', async () => {
  const failing = "execute 'load ''$libdir/plugins/missing'''"
  await execute(
    ledger.url,
    `create function fail() returns trigger language plpgsql as $$ begin ${failing}; end $$;
     create trigger fail before insert on postings for each row execute function fail()`,
  )
  onTestFinished(() => execute(ledger.url, 'drop function if exists fail cascade').then(() => undefined))
  const { write, runs } = ledgerWriter(ledger.open())
  const postings = manyPostings(64)
  const round = async () => {
    runs.length = 0
    const outcomes = await write(postings, timeLimit())
    return { outcomes, transactions: runs.length }
  }
  const first = await round()
  expect(first.transactions).toBeLessThanOrEqual(3 * 6 + 4)
  for (let count = 0; count < 10; count++) {
    const { outcomes, transactions } = await round()
    expect(transactions).toBe(2)
    for (const outcome of outcomes) expect(outcome).toMatchObject({ kind: 'retry', unavailable: true })
  }
  await execute(ledger.url, 'drop function fail cascade')
  const { outcomes, transactions } = await round()
  expect(new Set(results(outcomes))).toEqual(new Set(['done']))
  expect(transactions).toBe(1)
  expect(await totals(ledger.url)).toMatchObject({ postings: 64, keys: 64 })
})
