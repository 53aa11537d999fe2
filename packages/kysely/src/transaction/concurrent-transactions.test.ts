import { describe, expect, it, onTestFinished } from 'vitest'
import { execute, timeLimit } from '../testing/database.ts'
import {
  gate,
  ledgerWriter,
  post,
  posting,
  results,
  totals,
  useLedger,
  waitingForLocks,
} from '../testing/ledger.ts'

const ledger = useLedger()

describe('concurrent transactions', () => {
  it.each([
    ['commits', 'done', 0],
    ['rolls back', 'retry', 1],
  ] as const)(
    'wait for each other: after one that %s, the other one reads its result',
    async (_, first, expectedRuns) => {
      const [inside, open] = [gate(), gate()]
      const one = ledgerWriter(ledger.open(), {
        transaction: async (trx, messages) => {
          await post(trx, messages)
          inside.resolve()
          await open.promise
          if (first === 'retry') throw new Error('a bug')
        },
      })
      const other = ledgerWriter(ledger.open())
      const writes = [one.write([posting('x')], timeLimit())]
      await inside.promise
      writes.push(other.write([posting('x')], timeLimit()))
      await waitingForLocks(ledger.url, 1)
      open.resolve()
      expect((await Promise.all(writes)).flatMap(results)).toEqual([first, 'done'])
      expect(other.runs).toHaveLength(expectedRuns)
      expect(await totals(ledger.url)).toEqual({ balance: 1, postings: 1, keys: 1 })
    },
  )

  it('do not deadlock on the inbox, regardless of the order of their messages', async () => {
    // Each entry takes some time, so that the inserts overlap.
    await execute(
      ledger.url,
      `create function slow() returns trigger language plpgsql as
         $$ begin perform pg_sleep(0.02); return new; end $$;
       create trigger slow before insert on spillway_inbox for each row execute function slow()`,
    )
    onTestFinished(() => execute(ledger.url, 'drop function slow cascade').then(() => undefined))
    let repeats = 0
    const random = () => {
      repeats += 1
      return 0
    }
    const batch = Array.from({ length: 20 }, (_, index) => posting(`k${index}`))
    const outcomes = await Promise.all(
      [batch, batch.toReversed(), batch].map(async (messages, turn) => {
        const { write } = ledgerWriter(ledger.open(), { random })
        // Connects before the concurrent writes.
        await write([posting(`first ${turn}`)], timeLimit())
        return write(messages, timeLimit())
      }),
    )
    expect(new Set(outcomes.flatMap(results))).toEqual(new Set(['done']))
    // A deadlock would have been repeated after a random delay.
    expect(repeats).toBe(0)
    expect(await totals(ledger.url)).toEqual({ balance: 23, postings: 23, keys: 23 })
  })

  it('run again after a deadlock in the function', async () => {
    const arrived = [gate(), gate()]
    const touch = async (own: number, accounts: readonly string[]) => {
      let first = true
      const { write, runs } = ledgerWriter(ledger.open(), {
        transaction: async (trx) => {
          for (const id of accounts) {
            await trx
              .updateTable('accounts')
              .set((eb) => ({ balance: eb('balance', '+', 1) }))
              .where('id', '=', id)
              .execute()
            if (!first) continue
            first = false
            arrived[own]?.resolve()
            await arrived[1 - own]?.promise
          }
        },
      })
      return { outcomes: await write([posting(`from ${own}`)], timeLimit()), runs: runs.length }
    }
    const [one, other] = await Promise.all([touch(0, ['a', 'b']), touch(1, ['b', 'a'])])
    expect([one.outcomes, other.outcomes].flatMap(results)).toEqual(['done', 'done'])
    expect(one.runs + other.runs).toBe(3)
    expect(await totals(ledger.url)).toMatchObject({ balance: 2, keys: 2 })
  })

  it('add up with serializable isolation, although they make each other fail', async () => {
    const batch = Array.from({ length: 4 }, (_, index) => posting(`k${index}`))
    await Promise.all(
      batch.map(async (message) => {
        const { write } = ledgerWriter(ledger.open(), {
          isolationLevel: 'serializable',
          transaction: async (trx) => {
            const account = await trx
              .selectFrom('accounts')
              .selectAll()
              .where('id', '=', 'a')
              .executeTakeFirstOrThrow()
            await trx
              .updateTable('accounts')
              .set({ balance: account.balance + 1 })
              .where('id', '=', 'a')
              .execute()
          },
        })
        for (let kind = ''; kind !== 'done'; ) kind = results(await write([message], timeLimit()))[0] ?? ''
      }),
    )
    expect(await totals(ledger.url)).toMatchObject({ balance: 4, keys: 4 })
  })
})
