import { done, type MessageRecord, park, retry } from '@spillway/message'
import { CamelCasePlugin } from 'kysely'
import { describe, expect, it } from 'vitest'
import { kyselyStatus, kyselyTransaction } from '../index.ts'
import { execute, timeLimit } from '../testing/database.ts'
import {
  allDone,
  ledgerWriter,
  manyPostings,
  type Posting,
  post,
  posting,
  results,
  totals,
  useLedger,
} from '../testing/ledger.ts'

const ledger = useLedger()

describe('exactly once', () => {
  it('has one effect for a message, however often it is delivered', async () => {
    const { write, runs } = ledgerWriter(ledger.open())
    for (let delivery = 1; delivery <= 3; delivery++) {
      const batch = [posting('x', { amount: 5 }, { receiveCount: delivery }), posting('y', { amount: 7 })]
      expect(results(await write(batch, timeLimit()))).toEqual(['done', 'done'])
    }
    expect(await totals(ledger.url)).toEqual({ balance: 12, postings: 2, keys: 2 })
    expect(runs).toEqual([['x', 'y']])
  })

  it('passes only new messages to the function, in the order of delivery', async () => {
    const { write, runs } = ledgerWriter(ledger.open())
    await write([posting('m')], timeLimit())
    expect(results(await write([posting('z'), posting('m'), posting('b')], timeLimit()))).toEqual([
      'done',
      'done',
      'done',
    ])
    expect(runs).toEqual([['m'], ['z', 'b']])
    expect(await totals(ledger.url)).toEqual({ balance: 3, postings: 3, keys: 3 })
  })

  it('writes 500 records in one transaction, also after deliveries of some of them', async () => {
    const { write, runs } = ledgerWriter(ledger.open())
    // Enough time, so that 1,000 statements count as fast.
    await write(manyPostings(150), timeLimit(120_000))
    expect(new Set(results(await write(manyPostings(500), timeLimit(120_000))))).toEqual(new Set(['done']))
    expect(runs.map(({ length }) => length)).toEqual([150, 350])
    expect(await totals(ledger.url)).toEqual({ balance: 500, postings: 500, keys: 500 })
  })

  it('prevents a second effect of a duplicate in the batch', async () => {
    const { write, runs } = ledgerWriter(ledger.open())
    const batch = [posting('x'), posting('x'), posting('y'), posting('x', { amount: 9 })]
    expect(results(await write(batch, timeLimit()))).toEqual([
      'done',
      'done',
      'done',
      'SPILLWAY_KEY_CONFLICT',
    ])
    expect(runs).toEqual([['x', 'y']])
    expect(await totals(ledger.url)).toEqual({ balance: 2, postings: 2, keys: 2 })
  })

  it('retries the duplicate of a parked message, and then parks it for its own values', async () => {
    const { write } = ledgerWriter(ledger.open())
    const batch = [posting('x', { amount: -1 }), posting('x', { amount: 2 }), posting('x', { amount: -1 })]
    expect(results(await write(batch, timeLimit()))).toEqual(['23514', 'retry', 'retry'])
    // The key is parked. Another body with it is a conflict, the same body is the same message.
    expect(results(await write(batch.slice(1, 2), timeLimit()))).toEqual(['SPILLWAY_KEY_CONFLICT'])
    expect(results(await write(batch.slice(2), timeLimit()))).toEqual(['23514'])
    expect(await totals(ledger.url)).toEqual({ balance: 0, postings: 0, keys: 0 })
  })

  it('returns no outcomes for an empty batch', async () => {
    const { write, runs } = ledgerWriter(ledger.open())
    expect(await write([], timeLimit())).toEqual([])
    expect(runs).toEqual([])
  })

  it('distinguishes keys that Postgres cannot store', async () => {
    const { write } = ledgerWriter(ledger.open(), { transaction: async () => undefined })
    const keys = ['a\0', 'a', 'a\u001b0', 'a\u001b', 'A', 'a ', 'ä', 'a\u0308', '\u{1f600}', '\ufb33']
    const batch = keys.map((key) => posting(key))
    expect(new Set(results(await write([...batch, ...batch], timeLimit())))).toEqual(new Set(['done']))
    expect(await totals(ledger.url)).toMatchObject({ keys: keys.length })
  })
})

describe('a key that was used before', () => {
  it('with another body is parked, and the first effect stays', async () => {
    const { write } = ledgerWriter(ledger.open())
    await write([posting('x', { amount: 5 })], timeLimit())
    const outcomes = await write([posting('x', { amount: 6 }), posting('y')], timeLimit())
    expect(results(outcomes)).toEqual(['SPILLWAY_KEY_CONFLICT', 'done'])
    expect(await totals(ledger.url)).toEqual({ balance: 6, postings: 2, keys: 2 })
  })

  it('is not compared for a record without an envelope, nor without fingerprints', async () => {
    const { write } = ledgerWriter(ledger.open())
    await write([posting('x', { amount: 5 })], timeLimit())
    const bare = posting('x', { amount: 6 }, { fingerprint: undefined })
    expect(results(await write([bare], timeLimit()))).toEqual(['done'])
    const loose = ledgerWriter(ledger.open(), { fingerprint: false })
    expect(results(await loose.write([posting('x', { amount: 6 })], timeLimit()))).toEqual(['done'])
    expect(await totals(ledger.url)).toEqual({ balance: 5, postings: 1, keys: 1 })
  })

  it('is compared by the fingerprint of the user', async () => {
    const { write } = ledgerWriter(ledger.open(), { fingerprint: ({ body }) => ({ to: body.account }) })
    await write([posting('x', { amount: 5 })], timeLimit())
    const batch = [posting('x', { amount: 6 }), posting('x', { account: 'b' })]
    expect(results(await write(batch, timeLimit()))).toEqual(['done', 'SPILLWAY_KEY_CONFLICT'])
  })

  it('retries a message whose fingerprint cannot be computed', async () => {
    const { write } = ledgerWriter(ledger.open(), {
      fingerprint: ({ key }) => (key === 'x' ? 1n : 'fine'),
    })
    const odd = posting('z', {}, { fingerprint: () => 'not hexadecimal' })
    expect(results(await write([posting('x'), posting('y')], timeLimit()))).toEqual(['retry', 'done'])
    expect(results(await ledgerWriter(ledger.open()).write([odd], timeLimit()))).toEqual(['retry'])
    expect(await totals(ledger.url)).toEqual({ balance: 1, postings: 1, keys: 1 })
  })

  it('counts once for each consumer', async () => {
    const db = ledger.open()
    const counter = (consumer?: string) =>
      ledgerWriter(db, {
        ...(consumer === undefined ? {} : { consumer }),
        transaction: async (trx) => {
          await trx
            .updateTable('accounts')
            .set((eb) => ({ balance: eb('balance', '+', 1) }))
            .execute()
        },
      }).write
    for (const write of [counter(), counter('audit'), counter('audit'), counter()]) {
      expect(results(await write([posting('x')], timeLimit()))).toEqual(['done'])
    }
    const named = [posting('x', {}, { name: 'one' }), posting('x', {}, { name: 'two' })]
    expect(results(await counter()(named, timeLimit()))).toEqual(['done', 'done'])
    expect(await totals(ledger.url)).toMatchObject({ balance: 4, keys: 4 })
  })
})

describe('the answer of the function', () => {
  it('parks and retries messages without effects, and commits the others', async () => {
    const { write, runs } = ledgerWriter(ledger.open(), {
      transaction: async (trx, messages) => {
        await post(trx, messages)
        return messages.map(({ key }) => {
          if (key === 'p') return park({ code: 'ACCOUNT_CLOSED', detail: 'The account is closed.' })
          return key === 'r' ? retry({ after: 7 }) : done()
        })
      },
    })
    const outcomes = await write(
      ['a', 'p', 'b', 'r'].map((key) => posting(key)),
      timeLimit(),
    )
    expect(results(outcomes)).toEqual(['done', 'ACCOUNT_CLOSED', 'done', 'retry'])
    expect(outcomes[3]).toMatchObject({ after: 7 })
    expect(runs).toEqual([
      ['a', 'p', 'b', 'r'],
      ['a', 'b'],
    ])
    expect(await totals(ledger.url)).toEqual({ balance: 2, postings: 2, keys: 2 })
    expect(results(await write([posting('p')], timeLimit()))).toEqual(['ACCOUNT_CLOSED'])
    expect(await totals(ledger.url)).toEqual({ balance: 2, postings: 2, keys: 2 })
  })

  it.each([
    ['too few', (messages: readonly unknown[]) => allDone(messages.slice(1))],
    ['too many', (messages: readonly unknown[]) => [...allDone(messages), done()]],
    ['holes', (messages: readonly unknown[]) => new Array(messages.length)],
    ['something else', (messages: readonly unknown[]) => messages.map(() => ({ numInsertedRows: 1n }))],
    ['not a list', () => ({ kind: 'done' })],
    ['null', () => null],
  ])('is an error if it is %s: nothing is committed', async (_, answer) => {
    const { write, runs } = ledgerWriter(ledger.open(), {
      transaction: async (trx, messages) => {
        await post(trx, messages)
        return answer(messages) as never
      },
    })
    const outcomes = await write(manyPostings(3), timeLimit())
    expect(results(outcomes)).toEqual(['retry', 'retry', 'retry'])
    expect(outcomes[0]).toMatchObject({ cause: { code: 'SPILLWAY_OUTCOME_INVALID' } })
    expect(runs).toHaveLength(1)
    expect(await totals(ledger.url)).toEqual({ balance: 0, postings: 0, keys: 0 })
  })
})

describe('plugins, schemas and options', () => {
  it('applies plugins and a schema in the function, not to the inbox', async () => {
    await execute(ledger.url, `create schema books; create table books.big_totals (big_id text primary key)`)
    const db = ledger.open().withPlugin(new CamelCasePlugin()).withSchema('books')
    const write = kyselyTransaction<{ bigTotals: { bigId: string } }, Posting>({
      db: db as never,
      inbox: 'public.spillway_inbox',
      isolationLevel: 'serializable',
      transaction: async (trx, messages) => {
        await trx
          .insertInto('bigTotals')
          .values(messages.map(({ key }) => ({ bigId: key })))
          .execute()
      },
    })
    expect(results(await write([posting('x')], timeLimit()))).toEqual(['done'])
    expect(results(await write([posting('x')], timeLimit()))).toEqual(['done'])
    expect(await execute(ledger.url, 'select big_id from books.big_totals')).toEqual([{ big_id: 'x' }])
  })

  it('writes keys to the inbox, where a status finds them', async () => {
    const db = ledger.open()
    await ledgerWriter(db).write([posting('x')], timeLimit())
    const status = kyselyStatus({ db, table: 'spillway_inbox', key: 'key', name: 'consumer' })
    expect(await status.find('test', 'x', timeLimit())).toEqual({ status: 'written' })
    expect(await status.find('test', 'y', timeLimit())).toEqual({ status: 'accepted' })
  })

  it('refuses unknown options', () => {
    const db = ledger.open()
    const transaction = async (_: unknown, __: readonly MessageRecord<Posting>[]) => undefined
    expect(() => kyselyTransaction({ db, transaction, inbx: 'x' } as never)).toThrow(
      /has no option `inbx`\. Its options are db, transaction, inbox, (?!.*\b(?:clock|random)\b)/,
    )
    expect(() => kyselyTransaction({ db } as never)).toThrow('`transaction` is missing')
    expect(() => kyselyTransaction({ db, transaction, fingerprint: true as never })).toThrow(
      'a function, or false',
    )
    expect(() => kyselyTransaction({ db, transaction, isolationLevel: 'read uncommitted' as never })).toThrow(
      "`isolationLevel` must be one of 'read committed'",
    )
  })
})
