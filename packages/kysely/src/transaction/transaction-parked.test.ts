import { type MessageRecord, park } from '@spillway/message'
import { describe, expect, it, onTestFinished } from 'vitest'
import { kyselyStatus } from '../index.ts'
import { connect, execute, timeLimit } from '../testing/database.ts'
import {
  ledgerWriter,
  type Posting,
  posting,
  results,
  totals,
  useLedger,
  waitingForLocks,
} from '../testing/ledger.ts'

// The decision to park a message is committed under its key before its copy is sent.

const ledger = useLedger()

/** More than the account holds: the check `solvent` refuses it. */
const withdrawal = (facts: Partial<MessageRecord<Posting>> = {}) =>
  posting('t1', { amount: -100 }, { recordId: 'm1', ...facts })
const fill = () => execute(ledger.url, `update accounts set balance = 500 where id = 'a'`)

describe('a message that was parked', () => {
  it('has no effect when it is delivered again, even if it would be accepted now', async () => {
    const { write, runs } = ledgerWriter(ledger.open())
    expect(results(await write([withdrawal()], timeLimit()))).toEqual(['23514'])
    await fill()
    const [again, other] = await write([withdrawal({ receiveCount: 2 }), posting('t2')], timeLimit())
    expect(again).toEqual({
      kind: 'park',
      reason: {
        code: '23514',
        detail: 'The database refuses the row: check constraint "solvent" of table "accounts".',
      },
      recordId: 'm1',
    })
    expect(other).toEqual({ kind: 'done' })
    expect(runs).toEqual([['t1'], ['t2']])
    expect(await totals(ledger.url)).toEqual({ balance: 501, postings: 1, keys: 1 })
  })

  it.each([
    ['sent once more by its client', { recordId: 'm2' }, '23514'],
    ['the copy of another record', { recordId: 'm2', redriveOf: 'm0' }, '23514'],
    [
      'sent with another body',
      { recordId: 'm2', fingerprint: () => 'f'.repeat(64) },
      'SPILLWAY_KEY_CONFLICT',
    ],
  ])('has no effect when it is %s', async (_, facts, code) => {
    const { write, runs } = ledgerWriter(ledger.open())
    await write([withdrawal()], timeLimit())
    await fill()
    expect(results(await write([withdrawal(facts)], timeLimit()))).toEqual([code])
    expect(runs).toEqual([['t1']])
    expect(await totals(ledger.url)).toEqual({ balance: 500, postings: 0, keys: 0 })
  })

  it('has its effect, once, when its copy is redriven', async () => {
    const { write } = ledgerWriter(ledger.open())
    await write([withdrawal()], timeLimit())
    await fill()
    const copy = withdrawal({ recordId: 'm2', redriveOf: 'm1' })
    expect(results(await write([posting('t0'), copy, posting('t2')], timeLimit()))).toEqual([
      'done',
      'done',
      'done',
    ])
    // The copy is delivered twice, and the first record once more.
    for (const record of [copy, withdrawal({ receiveCount: 3 })]) {
      expect(results(await write([record], timeLimit()))).toEqual(['done'])
    }
    expect(await totals(ledger.url)).toEqual({ balance: 402, postings: 3, keys: 3 })
  })

  it('is parked under the id of the copy when that is refused again: only the next copy resets its key', async () => {
    const { write } = ledgerWriter(ledger.open())
    await write([withdrawal()], timeLimit())
    const copy = withdrawal({ recordId: 'm2', redriveOf: 'm1' })
    expect(results(await write([copy], timeLimit()))).toEqual(['23514'])
    await fill()
    expect(results(await write([copy], timeLimit()))).toEqual(['23514'])
    expect(results(await write([withdrawal({ recordId: 'm3', redriveOf: 'm1' })], timeLimit()))).toEqual([
      '23514',
    ])
    expect(results(await write([withdrawal({ recordId: 'm3', redriveOf: 'm2' })], timeLimit()))).toEqual([
      'done',
    ])
    expect(await totals(ledger.url)).toEqual({ balance: 400, postings: 1, keys: 1 })
  })

  it('is not reported as written by a status that reads the inbox', async () => {
    const db = ledger.open()
    const { write } = ledgerWriter(db)
    await write([withdrawal(), posting('t2')], timeLimit())
    const status = kyselyStatus({ db, table: 'spillway_inbox', key: 'key', name: 'consumer' })
    const { name } = withdrawal()
    expect(await status.find(name, 't1', timeLimit())).toEqual({ status: 'accepted' })
    expect(await status.find(name, 't2', timeLimit())).toEqual({ status: 'written' })
  })

  it.each([
    ['null', 'done'],
    [`'{"code":"OTHER","detail":"by another"}'`, 'OTHER'],
  ])('has the outcome of another delivery that came first (parked: %s)', async (parked, result) => {
    const db = ledger.open(2)
    let transactions = 0
    // Another invocation commits this between the refusal and the decision.
    const meeting = new Proxy(db, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (name !== 'transaction' || ++transactions < 2) {
          return typeof value === 'function' ? value.bind(target) : value
        }
        return () => ({
          async execute(run: never) {
            const values = `('${withdrawal().name}', 't1', ${parked})`
            await execute(ledger.url, `insert into spillway_inbox (consumer, key, parked) values ${values}`)
            return db.transaction().execute(run)
          },
        })
      },
    })
    const { write } = ledgerWriter(meeting, {
      transaction: async (_, messages) => messages.map(() => park({ code: 'CLOSED', detail: 'closed' })),
    })
    expect(results(await write([withdrawal()], timeLimit()))).toEqual([result])
  })

  it('is retried, not parked, if its decision cannot be committed', async () => {
    const locker = await connect(ledger.url)
    onTestFinished(() => locker.end())
    const { write } = ledgerWriter(ledger.open(), {
      transaction: async (_, messages) => {
        // From here on the inbox is locked; the next statement on it is the decision.
        void locker.query('begin; lock table spillway_inbox in access exclusive mode')
        await waitingForLocks(ledger.url, 1)
        return messages.map(() => park({ code: 'CLOSED', detail: 'closed' }))
      },
    })
    const [outcome] = await write([withdrawal()], timeLimit(3_000))
    expect(outcome).toMatchObject({ kind: 'retry' })
    await locker.query('rollback')
    expect(await totals(ledger.url)).toEqual({ balance: 0, postings: 0, keys: 0 })
    // Even if the decision was committed after its time was over, the next delivery parks the message.
    const next = ledgerWriter(ledger.open(), {
      transaction: async (_, messages) => messages.map(() => park({ code: 'CLOSED', detail: 'closed' })),
    })
    expect(results(await next.write([withdrawal({ receiveCount: 2 })], timeLimit()))).toEqual(['CLOSED'])
    expect(await totals(ledger.url)).toEqual({ balance: 0, postings: 0, keys: 0 })
  })
})
