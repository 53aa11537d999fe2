import { describe, expect, it } from 'vitest'
import { execute, timeLimit } from '../testing/database.ts'
import { ledgerWriter, manyPostings, post, posting, results, totals, useLedger } from '../testing/ledger.ts'

const ledger = useLedger()

describe('a message that cannot be written', () => {
  it('is isolated and parked, and its batch-mates are committed', async () => {
    const { write, runs } = ledgerWriter(ledger.open())
    const batch = manyPostings(100).map((record, index) =>
      index === 37 || index === 81 ? posting(record.key, { amount: -1_000 }) : record,
    )
    const outcomes = await write(batch, timeLimit())
    expect(outcomes.flatMap((outcome, index) => (outcome.kind === 'park' ? [index] : []))).toEqual([37, 81])
    expect(outcomes[37]).toMatchObject({
      reason: { code: '23514', detail: expect.stringContaining('"solvent"') },
    })
    expect(results(outcomes).filter((result) => result === 'done')).toHaveLength(98)
    expect(await totals(ledger.url)).toEqual({ balance: 98, postings: 98, keys: 98 })
    expect(runs.length).toBeLessThanOrEqual(2 * 2 * Math.ceil(Math.log2(100)) + 1)
  })

  it('does not delay its batch-mates, even if the function throws for every fifth of 50', async () => {
    const { write } = ledgerWriter(ledger.open(), {
      transaction: async (trx, messages) => {
        for (const message of messages) {
          if (message.body.amount === 5) throw new Error('no such customer')
          await post(trx, [message])
        }
      },
    })
    const batch = manyPostings(50).map(({ key }, index) => posting(key, { amount: index % 5 === 0 ? 5 : 1 }))
    const outcomes = results(await write(batch, timeLimit()))
    expect(outcomes).toEqual(batch.map(({ body }) => (body.amount === 5 ? 'retry' : 'done')))
    expect(await totals(ledger.url)).toEqual({ balance: 40, postings: 40, keys: 40 })
  })

  it('is searched for among redelivered messages first', async () => {
    const { write, runs } = ledgerWriter(ledger.open())
    const batch = manyPostings(64)
    batch[50] = posting('k50', { amount: -1_000 }, { receiveCount: 2 })
    expect(results(await write(batch, timeLimit()))[50]).toBe('23514')
    expect(runs.map(({ length }) => length)).toEqual([64, 1, 63])
  })

  it('costs 2n - 1 transactions if it is every message', async () => {
    const { write, runs } = ledgerWriter(ledger.open())
    const batch = manyPostings(16).map(({ key }) => posting(key, { amount: -1 }))
    expect(new Set(results(await write(batch, timeLimit())))).toEqual(new Set(['23514']))
    expect(runs).toHaveLength(31)
    expect(await totals(ledger.url)).toEqual({ balance: 0, postings: 0, keys: 0 })
  })

  it('is parked for a missing reference only after its fourth delivery', async () => {
    const { write } = ledgerWriter(ledger.open())
    for (const [receiveCount, result] of [
      [1, 'retry'],
      [3, 'retry'],
      [4, '23503'],
    ] as const) {
      const batch = [posting('x', { account: 'nobody' }, { receiveCount }), posting('y')]
      expect(results(await write(batch, timeLimit()))).toEqual([result, 'done'])
    }
    // Its copy is being sent to the dead-letter queue: only the copy may have an effect now.
    await execute(ledger.url, `insert into accounts values ('nobody', 0)`)
    expect(results(await write([posting('x', { account: 'nobody' })], timeLimit()))).toEqual(['23503'])
  })

  it('is isolated when its constraint is checked at COMMIT', async () => {
    const { write } = ledgerWriter(ledger.open(), {
      transaction: async (trx, messages) => {
        for (const { key, body } of messages) {
          await trx
            .insertInto('postings')
            .values({ id: key, ...body })
            .execute()
        }
      },
    })
    await execute(ledger.url, 'alter table postings alter constraint posting_account initially deferred')
    const bad = posting('x', { account: 'nobody' }, { receiveCount: 9 })
    expect(results(await write([posting('y'), bad, posting('z')], timeLimit()))).toEqual([
      'done',
      '23503',
      'done',
    ])
    await execute(ledger.url, 'alter table postings alter constraint posting_account initially immediate')
    expect(await totals(ledger.url)).toMatchObject({ postings: 2, keys: 2 })
  })

  it('is parked for a unique constraint only if it violates it twice', async () => {
    let collisions = 1
    const { write, runs } = ledgerWriter(ledger.open(), {
      transaction: async (trx, messages) => {
        // Another transaction inserts the row that this one has searched for.
        const id = collisions > 0 ? 'taken' : (messages[0]?.key ?? '')
        collisions -= 1
        await trx.insertInto('postings').values({ id, account: 'a', amount: 1 }).execute()
      },
    })
    await execute(ledger.url, `insert into postings values ('taken', 'a', 1)`)
    expect(results(await write([posting('x')], timeLimit()))).toEqual(['done'])
    expect(runs).toHaveLength(2)
    collisions = 2
    expect(results(await write([posting('y')], timeLimit()))).toEqual(['23505'])
  })

  it('is retried, not parked, when the function throws for it', async () => {
    const { write, runs } = ledgerWriter(ledger.open(), {
      transaction: async (trx, messages) => {
        await post(trx, messages)
        if (messages.some(({ key }) => key === 'k5'))
          throw new TypeError('cannot read properties of undefined')
      },
    })
    const outcomes = await write(manyPostings(16), timeLimit())
    expect(outcomes.flatMap((outcome, index) => (outcome.kind === 'done' ? [] : [index]))).toEqual([5])
    expect(outcomes[5]).toMatchObject({
      kind: 'retry',
      unavailable: false,
      cause: { code: 'SPILLWAY_WRITE_FAILED', cause: expect.any(TypeError) },
    })
    expect(await totals(ledger.url)).toEqual({ balance: 15, postings: 15, keys: 15 })
    expect(runs.length).toBeLessThan(12)
  })

  it.each([[new Error('a bug')], [undefined], ['text']])(
    'is searched for within a bound when the function throws for each: %s',
    async (thrown) => {
      const { write, runs } = ledgerWriter(ledger.open(), {
        transaction: async () => {
          throw thrown
        },
      })
      expect(new Set(results(await write(manyPostings(256), timeLimit())))).toEqual(new Set(['retry']))
      expect(runs.length).toBeLessThanOrEqual(4 * 9 + 9)
      expect(await totals(ledger.url)).toMatchObject({ keys: 0 })
    },
  )
})
