import type { Outcome } from '@spillway/message'
import * as fc from 'fast-check'
import { sql } from 'kysely'
import { expect, inject, it } from 'vitest'
import { startCuttingProxy } from '../testing/cutting-proxy.ts'
import { clear, execute, timeLimit } from '../testing/database.ts'
import { ledgerWriter, post, posting, totals, useLedger } from '../testing/ledger.ts'

const ledger = useLedger()

const keys = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7']

/** The faults of consecutive transactions of an invocation. */
const fault = fc.constantFrom('none', 'none', 'kill', 'throw', 'commit answered', 'commit unsent', 'late')

const invocation = fc.record({
  // A negative amount may exceed the balance of the account: such a message is parked.
  messages: fc.array(fc.record({ key: fc.constantFrom(...keys), amount: fc.integer({ min: -3, max: 5 }) }), {
    minLength: 1,
    maxLength: 6,
  }),
  faults: fc.array(fault, { maxLength: 3 }),
})

/** A queue and a model: messages that are not done or parked are delivered again, and done messages have one effect. */
async function run(invocations: readonly (typeof invocation extends fc.Arbitrary<infer T> ? T : never)[]) {
  await clear(ledger.url, ['postings', 'spillway_inbox'], 'update accounts set balance = 0')
  await using proxy = await startCuttingProxy(ledger.url)
  const db = ledger.open(1, proxy.url)
  const books = new Map<string, number>()
  /** The keys that are parked; nothing is redriven here. */
  const parked = new Set<string>()
  let faults: string[] = []
  const { write } = ledgerWriter(db, {
    random: () => 0,
    transaction: async (trx, messages) => {
      await post(trx, messages)
      const now = faults.shift()
      if (now === 'throw') throw new Error('a bug')
      if (now === 'commit answered' || now === 'commit unsent') {
        proxy.cutNextCommit(now === 'commit answered' ? 'answered' : 'unsent')
      }
      if (now === 'kill') {
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx)
        await execute(ledger.url, `select pg_terminate_backend(${rows[0]?.pid}, 5000)`)
      }
      if (now === 'late') await new Promise((resolve) => setTimeout(resolve, 150))
    },
  })
  for (const { messages, faults: planned } of invocations) {
    faults = [...planned]
    let receiveCount = 0
    let batch = messages.map(({ key, amount }) => posting(key, { amount }))
    // The first delivery has the faults and little time; the next ones settle the rest.
    while (batch.length > 0) {
      receiveCount += 1
      expect(receiveCount).toBeLessThan(20)
      const limit = receiveCount === 1 && planned.includes('late') ? timeLimit(150) : timeLimit()
      const outcomes: readonly Outcome[] = await write(batch, limit)
      expect(outcomes).toHaveLength(batch.length)
      for (const [index, outcome] of outcomes.entries()) {
        const { key, body } = batch[index] as (typeof batch)[number]
        if (outcome.kind === 'park' && outcome.reason.code !== 'SPILLWAY_KEY_CONFLICT') {
          expect(books.has(key)).toBe(false)
          parked.add(key)
        }
        if (outcome.kind !== 'done') continue
        expect(parked.has(key)).toBe(false)
        if (!books.has(key)) books.set(key, body.amount)
        // `done` means that this body had its effect, not another one with its key.
        expect(books.get(key)).toBe(body.amount)
      }
      batch = batch.filter((_, index) => outcomes[index]?.kind === 'retry')
      batch = batch.map((record) => ({ ...record, receiveCount: receiveCount + 1 }))
    }
    const sum = [...books.values()].reduce((total, amount) => total + amount, 0)
    expect(await totals(ledger.url)).toEqual({ balance: sum, postings: books.size, keys: books.size })
  }
  await db.destroy()
}

it('has one effect for each key, despite duplicates and failures', async () => {
  await fc.assert(fc.asyncProperty(fc.array(invocation, { minLength: 1, maxLength: 6 }), run), {
    numRuns: inject('soak') ? 40 : 8,
  })
})
