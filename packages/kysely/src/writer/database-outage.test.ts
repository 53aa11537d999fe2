import type { Outcome } from '@spillway/message'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, execute, startDatabase, timeLimit } from '../testing/database.ts'
import { count, items, itemWriter, kinds } from '../testing/items.ts'

describe('a server that crashes or is full', () => {
  let small: Awaited<ReturnType<typeof startDatabase>>
  beforeAll(async () => {
    small = await startDatabase({ maxConnections: 8, reserved: 3 })
    await execute(small.url, 'create table items (id uuid primary key, total bigint, note text, parent uuid)')
  })
  afterAll(() => small[Symbol.asyncDispose]())

  it('makes the writer wait, and the batch is written when the server is back', async () => {
    const { write } = itemWriter(small.functionsUrl)
    await write(items(1), timeLimit())
    await execute(
      small.url,
      `create or replace function slow() returns trigger language plpgsql as
         $$ begin perform pg_sleep(0.002); return new; end $$;
       create trigger slow before insert on items for each row execute function slow()`,
    )
    const before = await count(small.url)
    const answer = write(items(500), timeLimit(40_000))
    await new Promise((resolve) => setTimeout(resolve, 300))
    await small.crash()
    await new Promise((resolve) => setTimeout(resolve, 500))
    await small.start()
    expect(kinds(await answer)).toEqual(['done'])
    expect(await count(small.url)).toBe(before + 500)
    await execute(small.url, 'drop function slow cascade')
  })

  it('leads to a retry if the server does not come back', async () => {
    const { write } = itemWriter(small.functionsUrl)
    await small.crash()
    const start = performance.now()
    const outcomes = await write(items(200), timeLimit(2_000))
    expect(performance.now() - start).toBeLessThan(2_000)
    await small.start()
    expectUnavailable(outcomes)
  })

  it('without a free connection leads to a hold, or to a retry if the time is short', async () => {
    const { write } = itemWriter(small.functionsUrl)
    const others: Awaited<ReturnType<typeof connect>>[] = []
    try {
      for (;;) {
        const other = await connect(small.functionsUrl)
        others.push(other)
        // They stay open, although they are idle.
        await other.query('set idle_session_timeout = 0')
      }
    } catch (error) {
      expect(error).toMatchObject({ code: '53300' })
    }
    expectUnavailable(await write(items(200), timeLimit(1_500)))
    const held = write(items(10), timeLimit(20_000))
    await new Promise((resolve) => setTimeout(resolve, 500))
    await Promise.all(others.map((other) => other.end()))
    expect(kinds(await held)).toEqual(['done'])
  })

  it('that is read-only for a while leads to a hold, over old and new connections', async () => {
    const { write } = itemWriter(small.functionsUrl)
    await write(items(1), timeLimit())
    const before = await count(small.url)
    await execute(small.url, 'alter database test set default_transaction_read_only = on')
    await execute(small.url, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'")
    expectUnavailable(await write(items(200), timeLimit(1_500)))
    const held = write(items(10), timeLimit(20_000))
    await new Promise((resolve) => setTimeout(resolve, 500))
    await execute(
      small.url,
      'begin; set transaction read write; alter database test reset default_transaction_read_only; commit',
    )
    expect(kinds(await held)).toEqual(['done'])
    expect(await count(small.url)).toBe(before + 10)
  })

  it('that is killed repeatedly during writes has each row once', async () => {
    const { write } = itemWriter(small.functionsUrl, 3)
    const before = await count(small.url)
    const batches = Array.from({ length: 24 }, () => items(50))
    const left = [...batches]
    let isOver = false
    async function work() {
      for (let batch = left.pop(); batch !== undefined; batch = left.pop()) {
        const outcomes = await write(batch, timeLimit(4_000))
        expect(kinds(outcomes)).not.toContain('park')
        // Slowly, so that crashes occur in between; done messages are delivered again as well.
        if (!isOver || outcomes.some(({ kind }) => kind === 'retry')) left.push(batch)
      }
    }
    const working = Promise.all([work(), work(), work(), work()])
    for (let crash = 0; crash < 4; crash += 1) {
      await new Promise((resolve) => setTimeout(resolve, 400))
      await small.crash()
      await new Promise((resolve) => setTimeout(resolve, 100))
      await small.start()
    }
    isOver = true
    await working
    expect(await count(small.url)).toBe(before + 24 * 50)
  })

  function expectUnavailable(outcomes: readonly Outcome[]) {
    expect(outcomes).toHaveLength(200)
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        kind: 'retry',
        unavailable: true,
        cause: { code: 'SPILLWAY_DATABASE_UNAVAILABLE' },
      })
      // `batch` determines when it is delivered again.
      expect(outcome).not.toHaveProperty('after')
    }
  }
})
