import { done, type Outcome, retry, SpillwayError } from '@spillway/message'
import { describe, expect, it } from 'vitest'
import { eachRecord } from './index.ts'
import { drivenClock } from './testing/driven-clock.ts'
import { type Order, orderRecord, virtualRun } from './testing/virtual-run.ts'

const unavailable = () => new SpillwayError('SPILLWAY_DATABASE_UNAVAILABLE', 'down')
const many = (count: number) => Array.from({ length: count }, (_, n) => orderRecord(`r${n}`))

/** Something that is down for a while, and how often it was asked. */
function outage(until: number, clock = drivenClock()) {
  const asked: [at: number, key: string][] = []
  const ask = (key: string): Outcome => {
    asked.push([clock.now(), key])
    if (clock.now() < until) throw unavailable()
    return done()
  }
  return { clock, asked, ask }
}

describe('while what the records need is down', () => {
  it('the records of each-record wait inside the invocation, and are done once it is back', async () => {
    const { clock, asked, ask } = outage(9000)
    const handler = eachRecord<Order>(({ key }) => ask(key))
    const result = await virtualRun({ records: many(30), handler, clock })
    expect([result.failed, result.delayed]).toStrictEqual([[], {}])
    expect(result.took).toBeLessThan(11_100)
    expect(result.held).toBeGreaterThanOrEqual(9000)
    // The first ten find out; then few are sent to see whether it is back, not all.
    expect(asked.filter(([at]) => at < 9000).length).toBeLessThan(10 + 15 * 8)
  })

  it('so does a writer that throws, with the whole batch', async () => {
    const { clock, asked, ask } = outage(5000)
    const result = await virtualRun({
      records: many(30),
      handler: async (messages) => {
        const [first] = messages
        ask(`${messages.length}`)
        return messages.map(() => (first === undefined ? retry() : done()))
      },
      clock,
    })
    expect(result.failed).toStrictEqual([])
    expect(new Set(asked.map(([, count]) => count))).toStrictEqual(new Set(['30']))
  })

  it('only the records that met it are given to the writer again', async () => {
    const calls: string[][] = []
    const result = await virtualRun({
      records: many(4),
      handler: async (messages) => {
        calls.push(messages.map(({ key }) => key))
        return messages.map(({ key }) =>
          key === 'r2' && calls.length < 3 ? retry({ unavailable: true }) : done(),
        )
      },
    })
    expect(calls).toStrictEqual([['r0', 'r1', 'r2', 'r3'], ['r2'], ['r2']])
    expect(result.failed).toStrictEqual([])
  })

  it('healthy records do not wait for the one that met it, and soon nobody does', async () => {
    const { clock } = outage(0)
    const ends: Record<string, number> = {}
    const handler = eachRecord<Order>(
      async ({ key }) => {
        if (key === 'r0') return retry({ unavailable: true })
        await clock.sleep(10)
        ends[key] = clock.now()
        return done()
      },
      { concurrency: 1 },
    )
    const result = await virtualRun({ records: many(20), handler, clock })
    expect(result.failed).toStrictEqual(['r0'])
    expect(result.delayed).toStrictEqual({ r0: 23 })
    expect(Math.max(...Object.values(ends))).toBe(190)
    expect(result.took).toBeLessThan(1200)
  })

  it('those behind others that stay down have their turn, too', async () => {
    const { clock } = outage(0)
    const stuck = new Set(['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7'])
    const handler = eachRecord<Order>(({ key }) => {
      if (stuck.has(key) || clock.now() < 3000) return retry({ unavailable: true })
      return done()
    })
    const { failed } = await virtualRun({ records: many(40), handler, clock })
    expect(new Set(failed)).toStrictEqual(stuck)
  })

  it('an outage that was none costs nobody a turn: what stopped for it goes on, side by side as before', async () => {
    const clock = drivenClock()
    let [running, most] = [0, 0]
    const handler = eachRecord<Order>(
      async ({ key }) => {
        const n = Number(key.slice(1))
        // Five fail at once while the first is at work, then all is well.
        if (n > 0 && n < 6 && clock.now() < 40) return retry({ unavailable: true })
        most = n > 6 ? Math.max(most, ++running) : most
        await clock.sleep(n === 0 ? 50 : 10)
        if (n > 6) running--
        return done()
      },
      { concurrency: 5 },
    )
    const records = many(60).map((record, n) => ({ ...record, lane: `lane ${n % 20}` }))
    const result = await virtualRun({ records, handler, clock, options: { hold: false } })
    // The five, and what follows them in their lanes.
    expect(result.failed).toHaveLength(15)
    expect(result.summary?.codes).toStrictEqual({ unknown: 5, SPILLWAY_LANE_STOPPED: 10 })
    expect(most).toBe(5)
  })

  it('a lane waits with its first record, in order', async () => {
    const { clock, ask } = outage(500)
    const written: string[] = []
    const records = ['a1', 'b1', 'a2', 'b2', 'a3'].map((id) => orderRecord(id, { lane: id[0] as string }))
    const handler = eachRecord<Order>(({ key }) => {
      if (key === 'a1' || key === 'a2') ask(key)
      written.push(key)
      return done()
    })
    const result = await virtualRun({ records, handler, clock })
    expect([result.failed, written]).toStrictEqual([[], ['b1', 'b2', 'a1', 'a2', 'a3']])
  })

  it('what follows it comes back with it, though it was not begun again for another failure', async () => {
    const records = ['a1', 'b1', 'a2'].map((id) => orderRecord(id, { lane: id[0] as string }))
    const handler = eachRecord<Order>(({ key }) => (key === 'a1' ? retry({ unavailable: true }) : retry()))
    const options = { stopAtFirstFailure: true }
    const result = await virtualRun({ records, handler, options })
    expect(result.delayed).toStrictEqual({ a1: 23, b1: 23, a2: 23 })
  })

  it('the invocation ends in its time, with the whole batch put off by its receives', async () => {
    const { clock, asked, ask } = outage(Number.POSITIVE_INFINITY)
    const records = many(40).map((record, n) => ({ ...record, receiveCount: 1 + (n % 3) }))
    const result = await virtualRun({ records, handler: eachRecord<Order>(({ key }) => ask(key)), clock })
    expect(result.failed).toHaveLength(40)
    expect(result.took).toBeLessThanOrEqual(30_000)
    expect(new Set(Object.values(result.delayed))).toStrictEqual(new Set([23, 45, 68]))
    expect(result.summary?.codes).toStrictEqual({ SPILLWAY_DATABASE_UNAVAILABLE: 40 })
    expect(asked.at(-1)?.[0]).toBeGreaterThan(26_900)
  })

  it('a policy says so for errors of its own', async () => {
    const clock = drivenClock()
    const handler = eachRecord<Order>(() => {
      if (clock.now() < 2000) throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
      return done()
    })
    const onError = (error: Error) =>
      retry({ unavailable: 'code' in error && error.code === 'ECONNREFUSED', cause: error })
    expect(
      (await virtualRun({ records: many(3), handler, clock, options: { onError } })).failed,
    ).toStrictEqual([])
  })

  it('an error beneath another is found, too', async () => {
    const clock = drivenClock()
    const handler = eachRecord<Order>(() => {
      if (clock.now() < 2000) throw new Error('order not saved', { cause: unavailable() })
      return done()
    })
    expect((await virtualRun({ records: many(3), handler, clock })).failed).toStrictEqual([])
  })
})

describe('nothing is waited for', () => {
  it.each<[string, Outcome, object]>([
    ['when a retry names its time', retry({ after: 5, cause: unavailable() }), {}],
    ['when the record itself failed', retry({ cause: new Error('own fault') }), {}],
    ['when a retry says that it is not down', retry({ cause: unavailable(), unavailable: false }), {}],
    ['when the app says so', retry({ unavailable: true }), { hold: false }],
  ])('%s', async (_, outcome, options) => {
    const result = await virtualRun({ records: many(3), handler: eachRecord<Order>(() => outcome), options })
    expect(result.failed).toHaveLength(3)
    expect(result.took).toBeLessThanOrEqual(20)
    expect(result.held).toBeUndefined()
    expect(result.summary).not.toHaveProperty('held')
  })
})
