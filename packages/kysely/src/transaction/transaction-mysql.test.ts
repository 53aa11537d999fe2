import { done, type Outcome, retry } from '@spillway/message'
import { sql } from 'kysely'

import { expect, it } from 'vitest'

import { startCuttingProxy } from '../testing/cutting-proxy.ts'
import { timeLimit } from '../testing/database.ts'
import { gate, ledgerWriter, manyPostings, post, posting, results } from '../testing/ledger.ts'
import { connectMysql, describeMysql, queryMysql } from '../testing/mysql.ts'
import { useMysqlLedger } from '../testing/mysql-ledger.ts'

describeMysql('kyselyTransaction with MySQL or MariaDB', (database) => {
  const { run, open, totals } = useMysqlLedger(database)
  const waitingForLocks = async () => {
    const text = `select count(*) as n from information_schema.innodb_trx where trx_state = 'LOCK WAIT'`
    // InnoDB returns a cached answer to queries that are less than 100 ms apart.
    while (Number((await run(text))[0]?.n) === 0) await new Promise((resolve) => setTimeout(resolve, 150))
  }

  it('has one effect for each message, however often it is delivered', async () => {
    const { write, runs } = ledgerWriter(open())
    await write([posting('m', { amount: 4 })], timeLimit())
    const batch = [posting('z'), posting('m', { amount: 4 }), posting('b'), posting('z')]
    for (let delivery = 1; delivery <= 2; delivery++) {
      expect(results(await write(batch, timeLimit()))).toEqual(['done', 'done', 'done', 'done'])
    }
    expect(runs).toEqual([['m'], ['z', 'b']])
    expect(await totals()).toEqual({ balance: 6, postings: 3, entries: 3 })
  })

  it('parks a message, and only its copy resets its key', async () => {
    const { write, runs } = ledgerWriter(open())
    const refused = (facts: object) => posting('t', { amount: -100 }, { recordId: 'm1', ...facts })
    const [first] = results(await write([refused({}), posting('u')], timeLimit()))
    expect(first).toMatch(/^MYSQL_/)
    await run(`update accounts set balance = 500 where id = 'a'`)
    const others = [{ receiveCount: 2 }, { recordId: 'm2' }, { recordId: 'm2', redriveOf: 'm0' }]
    for (const facts of others) expect(results(await write([refused(facts)], timeLimit()))).toEqual([first])
    expect(results(await write([refused({ fingerprint: () => 'f'.repeat(64) })], timeLimit()))).toEqual([
      'SPILLWAY_KEY_CONFLICT',
    ])
    expect(runs.slice(-1)).toEqual([['u']])
    expect(await totals()).toEqual({ balance: 500, postings: 1, entries: 1 })
    const copy = refused({ recordId: 'm3', redriveOf: 'm1' })
    for (const again of [copy, copy]) expect(results(await write([again], timeLimit()))).toEqual(['done'])
    expect(await totals()).toEqual({ balance: 400, postings: 2, entries: 2 })
  })

  it('writes 2,500 records in one transaction, also after deliveries of some of them', async () => {
    const { write, runs } = ledgerWriter(open(), {
      transaction: async (trx, messages) => {
        const rows = messages.map(({ key, body }) => ({ id: key, ...body }))
        await trx.insertInto('postings').values(rows).execute()
      },
    })
    await write(manyPostings(300), timeLimit())
    expect(new Set(results(await write(manyPostings(2_500), timeLimit())))).toEqual(new Set(['done']))
    expect(runs.map(({ length }) => length)).toEqual([300, 2_200])
    expect(await totals()).toMatchObject({ postings: 2_500, entries: 2_500 })
  })

  it('parks a key that was used before with another body', async () => {
    const { write } = ledgerWriter(open())
    await write([posting('x', { amount: 5 })], timeLimit())
    const batch = [posting('x', { amount: 6 }), posting('y'), posting('y', { amount: 2 })]
    expect(results(await write(batch, timeLimit()))).toEqual([
      'SPILLWAY_KEY_CONFLICT',
      'done',
      'SPILLWAY_KEY_CONFLICT',
    ])
    expect(results(await write([posting('x', {}, { fingerprint: undefined })], timeLimit()))).toEqual([
      'done',
    ])
    expect(await totals()).toEqual({ balance: 6, postings: 2, entries: 2 })
  })

  it('distinguishes keys that collations treat as equal, and stores the longest', async () => {
    const { write } = ledgerWriter(open(), { transaction: async () => undefined })
    const keys = [
      'a',
      'A',
      'a ',
      'á',
      'a\0',
      'ä',
      'a\u0308',
      '\u{1f600}',
      '\u{10ffff}'.repeat(128),
      'é'.repeat(256),
    ]
    const batch = keys.map((key) => posting(key, {}, { name: '\uffff'.repeat(128) }))
    expect(new Set(results(await write([...batch, ...batch], timeLimit())))).toEqual(new Set(['done']))
    expect(await totals()).toMatchObject({ entries: keys.length })
  })

  it('isolates the message that cannot be written, and commits its batch-mates', async () => {
    const { write, runs } = ledgerWriter(open())
    const batch = manyPostings(64)
    batch[20] = posting('k20', { amount: -1_000 })
    const outcomes = await write(batch, timeLimit())
    expect(outcomes.flatMap((outcome, index) => (outcome.kind === 'park' ? [index] : []))).toEqual([20])
    expect(runs.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(64)) + 1)
    expect(await totals()).toEqual({ balance: 63, postings: 63, entries: 63 })
  })

  it('retries a missing reference', async () => {
    const { write } = ledgerWriter(open())
    expect(results(await write([posting('x', { account: 'nobody' }), posting('y')], timeLimit()))).toEqual([
      'retry',
      'done',
    ])
  })

  it('has no effect when the connection is lost during the transaction', async () => {
    let killed = false
    const { write, runs } = ledgerWriter(open(), {
      transaction: async (trx, messages) => {
        await post(trx, messages)
        if (killed) return
        killed = true
        const { rows } = await sql<{ id: number }>`select connection_id() as id`.execute(trx)
        await run(`kill ${rows[0]?.id}`)
        await post(trx, [posting('never')])
      },
    })
    expect(results(await write([posting('x')], timeLimit()))).toEqual(['done'])
    expect(runs).toHaveLength(2)
    expect(await totals()).toEqual({ balance: 1, postings: 1, entries: 1 })
  })

  it.each([
    ['answered', 1],
    ['unsent', 2],
  ] as const)(
    'has one effect when its COMMIT is %s and the connection is cut',
    async (when, expectedRuns) => {
      await using proxy = await startCuttingProxy(database.url)
      const { write, runs } = ledgerWriter(open(1, proxy.url))
      await write([posting('before')], timeLimit())
      runs.length = 0
      proxy.cutNextCommit(when)
      expect(results(await write([posting('x')], timeLimit()))).toEqual(['done'])
      expect(proxy.cuts()).toBe(1)
      expect(runs).toHaveLength(expectedRuns)
      expect(await totals()).toEqual({ balance: 2, postings: 2, entries: 2 })
    },
  )

  it.each([
    ['commits', 'done', 0],
    ['rolls back', 'retry', 1],
  ] as const)(
    'waits for the same key in another transaction: after one that %s, it reads its result',
    async (_, first, expectedRuns) => {
      const [inside, opened] = [gate(), gate()]
      const one = ledgerWriter(open(), {
        transaction: async (trx, messages) => {
          await post(trx, messages)
          inside.resolve()
          await opened.promise
          if (first === 'retry') throw new Error('a bug')
        },
      })
      const other = ledgerWriter(open())
      const writes = [one.write([posting('x')], timeLimit())]
      await inside.promise
      writes.push(other.write([posting('x')], timeLimit()))
      await waitingForLocks()
      opened.resolve()
      expect((await Promise.all(writes)).flatMap(results)).toEqual([first, 'done'])
      expect(other.runs).toHaveLength(expectedRuns)
      expect(await totals()).toEqual({ balance: 1, postings: 1, entries: 1 })
    },
  )

  it('adds up when many writers write the same messages in any order', async () => {
    const writers = Array.from({ length: 5 }, () => ledgerWriter(open()).write)
    let batches = writers.map((_, turn) =>
      Array.from({ length: 40 }, (__, index) => posting(`k${(index * 7 + turn * 11) % 40}`)),
    )
    for (let round = 0; batches.some(({ length }) => length > 0); round++) {
      expect(round).toBeLessThan(10)
      const outcomes = await Promise.all(
        writers.map((write, turn) => write(batches[turn] ?? [], timeLimit())),
      )
      batches = batches.map((batch, turn) =>
        batch.filter((__, index) => outcomes[turn]?.[index]?.kind !== 'done'),
      )
    }
    expect(await totals()).toEqual({ balance: 40, postings: 40, entries: 40 })
  })

  it('is not done when the function swallows the deadlock that ended its transaction', async () => {
    const [one, other] = [gate(), gate()]
    const rival = connectMysql(database.url)
    await queryMysql(rival, `begin; update accounts set balance = balance + 100 where id = 'b'`)
    const { write } = ledgerWriter(open(), {
      transaction: async (trx, messages) => {
        await post(trx, messages)
        one.resolve()
        await other.promise
        // The rival has changed more rows: InnoDB ends the smaller transaction.
        await trx
          .updateTable('accounts')
          .set({ balance: 7 })
          .where('id', '=', 'b')
          .execute()
          .catch(() => undefined)
      },
    })
    await queryMysql(
      rival,
      `insert into accounts values ${Array.from({ length: 50 }, (_, index) => `('r${index}', 0)`).join()}`,
    )
    const writing = write([posting('x')], timeLimit(8_000))
    await one.promise
    const blocked = queryMysql(rival, `update accounts set balance = balance + 100 where id = 'a'`)
    await waitingForLocks()
    other.resolve()
    await blocked
    await queryMysql(rival, 'rollback')
    rival.destroy()
    expect(results(await writing)).toEqual(['retry'])
    expect(await totals()).toMatchObject({ balance: 0, postings: 0, entries: 0 })
  })

  it('commits nothing after a deadlock that the function catches for each message, and then applies all once', async () => {
    const [one, other] = [gate(), gate()]
    const rival = connectMysql(database.url)
    await queryMysql(rival, `begin; update accounts set balance = balance + 100 where id = 'b'`)
    let isFirst = true
    const { write, runs } = ledgerWriter(open(), {
      transaction: async (trx, messages) => {
        const outcomes: Outcome[] = []
        for (const message of messages) {
          try {
            await post(trx, [message])
            if (message.key === 'y' && isFirst) {
              isFirst = false
              one.resolve()
              await other.promise
              await trx.updateTable('accounts').set({ balance: 7 }).where('id', '=', 'b').execute()
            }
            outcomes.push(done())
          } catch (cause) {
            outcomes.push(retry({ cause }))
          }
        }
        return outcomes
      },
    })
    await queryMysql(
      rival,
      `insert into accounts values ${Array.from({ length: 50 }, (_, index) => `('r${index}', 0)`).join()}`,
    )
    const writing = write(
      ['x', 'y', 'z'].map((key) => posting(key)),
      timeLimit(8_000),
    )
    await one.promise
    const blocked = queryMysql(rival, `update accounts set balance = balance + 100 where id = 'a'`)
    await waitingForLocks()
    other.resolve()
    await blocked
    await queryMysql(rival, 'rollback')
    rival.destroy()
    expect(results(await writing)).toEqual(['done', 'done', 'done'])
    expect(runs[0]).toEqual(['x', 'y', 'z'])
    expect(await totals()).toMatchObject({ balance: 3, postings: 3, entries: 3 })
  })

  it('returns outcomes before the deadline when its key is locked', async () => {
    const locker = connectMysql(database.url)
    await queryMysql(
      locker,
      `begin; insert into spillway_inbox values ('test', 'x', null, repeat('t', 16), utc_timestamp(3), null, null)`,
    )
    const { write, runs } = ledgerWriter(open())
    const start = performance.now()
    const [server] = await run('select version() as version')
    const mariadb = /mariadb/i.test(String(server?.version))
    const outcomes = await write([posting('x')], timeLimit(3_000))
    // MariaDB gets a time limit for the wait, MySQL does not.
    const cause = mariadb ? { cause: { errno: expect.any(Number) } } : { code: 'SPILLWAY_DEADLINE' }
    expect(outcomes).toMatchObject([{ kind: 'retry', cause }])
    expect(performance.now() - start).toBeLessThan(3_000)
    locker.destroy()
    expect(results(await write([posting('x')], timeLimit()))).toEqual(['done'])
    expect(runs).toEqual([['x']])
  })
})
