import { done, type MessageRecord, type Outcome, park, retry, type SourceRecord } from '@spillway/message'
import { describe, expect, it } from 'vitest'
import { eachRecord } from './index.ts'
import { drivenClock } from './testing/driven-clock.ts'
import { type Order, orderRecord, virtualRun } from './testing/virtual-run.ts'

const letters = (...ids: string[]) => ids.map((id) => orderRecord(id))
/** Records of lanes by their first letters. */
const lanes = (...ids: string[]) => ids.map((id) => orderRecord(id, { lane: id[0] as string }))
const refused = park({ code: 'X', detail: 'y' })

/** A handler that notes what it is given, and answers for some. */
function noting(outcomes: Readonly<Record<string, Outcome>> = {}) {
  const begun: string[] = []
  const handle = async ({ key }: MessageRecord<Order>): Promise<Outcome> => {
    begun.push(key)
    return outcomes[key] ?? done()
  }
  return { begun, handle }
}

describe('a handler for each record', () => {
  it('gets a decoded message with the facts of its delivery, and an outcome counts for its record alone', async () => {
    const seen: MessageRecord<Order>[] = []
    const outcomes: Record<string, Outcome> = { b: retry({ after: 7 }), c: refused }
    const records = [orderRecord('a', { receiveCount: 3 }), ...letters('b', 'c', 'd')]
    const result = await virtualRun({
      records,
      handler: eachRecord(async (record) => {
        seen.push(record)
        return outcomes[record.key] ?? done()
      }),
    })
    expect(seen[0]).toMatchObject({ key: 'a', body: { id: 'a' }, receiveCount: 3, lane: 'lane of a' })
    expect(result.failed).toStrictEqual(['b'])
    expect(result.delayed).toStrictEqual({ b: 7 })
    expect(result.parked).toStrictEqual([{ id: 'c', reason: { code: 'X', detail: 'y' } }])
  })

  it('may answer at once, without a promise', async () => {
    const result = await virtualRun({ records: letters('a', 'b'), handler: eachRecord(() => done()) })
    expect(result.failed).toStrictEqual([])
  })

  it('does not get a record that holds no valid message', async () => {
    const { begun, handle } = noting()
    const records = [orderRecord('a'), orderRecord('b', { body: '{' }), orderRecord('c')]
    const result = await virtualRun({ records, handler: eachRecord(handle) })
    expect([begun, result.failed]).toStrictEqual([['a', 'c'], []])
    expect(result.parked).toMatchObject([{ id: 'b', reason: { code: 'SPILLWAY_ENVELOPE_INVALID' } }])
  })

  it.each([undefined, null, true, 'done', {}, [done()], Promise.resolve(undefined)])(
    'that answers %o has not done its record: it is retried',
    async (answer) => {
      const handler = eachRecord<Order>(({ key }) => (key === 'b' ? (answer as never) : done()))
      const result = await virtualRun({ records: letters('a', 'b', 'c'), handler })
      expect(result.failed).toStrictEqual(['b'])
      expect(result.summary?.codes).toStrictEqual({ SPILLWAY_OUTCOME_INVALID: 1 })
    },
  )

  it.each([undefined, null, 'boom', new Error('boom')])(
    'that throws %o costs only its record',
    async (thrown) => {
      const handler = eachRecord<Order>(({ key }) => {
        if (key === 'b') throw thrown
        return done()
      })
      const result = await virtualRun({ records: letters('a', 'b', 'c'), handler })
      expect(result.failed).toStrictEqual(['b'])
      expect((result.settled[1] as PromiseRejectedResult).reason).toBeInstanceOf(Error)
    },
  )

  it('names a typo, and a handler that is none', () => {
    const wrong = { concurency: 2 }
    // @ts-expect-error the option is wrong on purpose
    expect(() => eachRecord(() => done(), wrong)).toThrow(
      'eachRecord has no option `concurency`. Its options are concurrency.',
    )
    expect(() => eachRecord(() => done(), { concurrency: 1001 })).toThrow('an integer from 1 to 1000')
    expect(() => eachRecord('no' as never)).toThrow('the option `handle` must be a function')
  })
})

describe('lanes', () => {
  it('run side by side and each in order, at most so many records at once', async () => {
    const clock = drivenClock()
    const ends: string[] = []
    let [running, most] = [0, 0]
    const ids = Array.from({ length: 8 }, (_, n) =>
      ['a', 'b', 'c', 'd', 'e'].map((lane) => `${lane}${n}`),
    ).flat()
    const handler = eachRecord<Order>(
      async ({ key }) => {
        most = Math.max(most, ++running)
        await clock.sleep(key.startsWith('a') ? 50 : 10)
        running--
        ends.push(key)
        return done()
      },
      { concurrency: 3 },
    )
    const result = await virtualRun({ records: lanes(...ids), handler, clock })
    expect([most, result.failed]).toStrictEqual([3, []])
    for (const lane of ['a', 'b', 'c', 'd', 'e']) {
      const own = ends.filter((id) => id.startsWith(lane))
      expect(own).toStrictEqual(Array.from({ length: 8 }, (_, n) => `${lane}${n}`))
    }
  })

  it('has ten at once by default', async () => {
    const clock = drivenClock()
    let [running, most] = [0, 0]
    const handler = eachRecord<Order>(async () => {
      most = Math.max(most, ++running)
      await clock.sleep(10)
      running--
      return done()
    })
    const records = Array.from({ length: 50 }, (_, n) => orderRecord(String(n)))
    await virtualRun({ records, handler, clock })
    expect(most).toBe(10)
  })

  it('end at their first failure with one delay for all the rest, and others go on', async () => {
    const { begun, handle } = noting({ a2: retry({ after: 9 }) })
    const records = lanes('a1', 'b1', 'a2', 'b2', 'a3', 'b3', 'a4')
    const result = await virtualRun({ records, handler: eachRecord(handle) })
    expect(begun.filter((id) => id > 'a2' && id < 'b')).toStrictEqual([])
    expect(result.failed).toStrictEqual(['a2', 'a3', 'a4'])
    expect(result.delayed).toStrictEqual({ a2: 9, a3: 9, a4: 9 })
    expect(result.summary?.codes).toMatchObject({ SPILLWAY_LANE_STOPPED: 2 })
  })

  it('go on behind a copy that was confirmed, in order, and not behind one that was not', async () => {
    const copies: string[] = []
    const outcomes = { a1: refused, a2: refused, a3: refused }
    const { handle } = noting(outcomes)
    const records = lanes('a1', 'a2', 'a3', 'a4')
    const park = async ({ id }: SourceRecord) => void copies.push(id)
    expect((await virtualRun({ records, handler: eachRecord(handle), park })).failed).toStrictEqual([])
    expect(copies).toStrictEqual(['a1', 'a2', 'a3'])
    const broken = async ({ id }: SourceRecord) => {
      if (id === 'a2') throw new Error('no')
    }
    const result = await virtualRun({ records, handler: eachRecord(noting(outcomes).handle), park: broken })
    expect([result.failed, result.parked.map(({ id }) => id)]).toStrictEqual([['a2', 'a3', 'a4'], ['a1']])
  })
})

describe('the deadline', () => {
  it('has nothing begun in the guard, aborts what runs, waits for it, and keeps what is done', async () => {
    const clock = drivenClock()
    const begun: number[] = []
    const aborted: string[] = []
    const handler = eachRecord<Order>(
      async ({ key }, { signal }) => {
        begun.push(clock.now())
        await clock.sleep(400, signal)
        if (signal.aborted) aborted.push(key)
        // What was aborted may yet be done: a COMMIT that was on its way.
        return done()
      },
      { concurrency: 1 },
    )
    const records = letters('a', 'b', 'c', 'd')
    const result = await virtualRun({ records, handler, clock, timeout: 2000, options: { guard: 500 } })
    // 1,500 ms to work: the fourth is cut at 1,500.
    expect(begun).toStrictEqual([0, 400, 800, 1200])
    expect(aborted).toStrictEqual(['d'])
    expect(result.failed).toStrictEqual([])
    expect(result.took).toBeLessThanOrEqual(1520)
  })

  it('is not overrun by a handler that does not heed its signal; what it says later does not count', async () => {
    const clock = drivenClock()
    const handler = eachRecord<Order>(async ({ key }) => {
      await clock.sleep(key === 'a' ? 100 : 1701)
      return done()
    })
    const result = await virtualRun({
      records: letters('a', 'b', 'c'),
      handler,
      clock,
      timeout: 2000,
      options: { guard: 500 },
    })
    // The guard begins at 1,500; what was begun is waited for until 1,700.
    expect(result.failed).toStrictEqual(['b', 'c'])
    expect(result.took).toBeLessThan(2000)
    expect(result.summary?.codes).toStrictEqual({ SPILLWAY_DEADLINE: 2 })
  })

  it('waits for a copy that is on its way to the dead-letter queue, and parks nothing for a later answer', async () => {
    const clock = drivenClock()
    const handler = eachRecord<Order>(async ({ key }) => {
      await clock.sleep(key === 'a' ? 100 : 1750)
      return refused
    })
    const result = await virtualRun({
      records: letters('a', 'b'),
      handler,
      clock,
      park: () => clock.sleep(1700),
      timeout: 2000,
      options: { guard: 500 },
    })
    // Answers are waited for until 1,700, copies until 1,900.
    expect(result.parked.map(({ id }) => id)).toStrictEqual(['a'])
    expect(result.failed).toStrictEqual(['b'])
    expect(result.took).toBe(1800)
    expect(result.summary?.codes).toStrictEqual({ X: 1, SPILLWAY_DEADLINE: 1 })
  })

  it('begins nothing when the invocation is aborted already', async () => {
    const { begun, handle } = noting()
    const result = await virtualRun({
      records: letters('a'),
      handler: eachRecord(handle),
      signal: AbortSignal.abort(),
    })
    expect([begun, result.failed]).toStrictEqual([[], ['a']])
  })

  it('tells the handler how much time is left', async () => {
    const left: number[] = []
    const handler = eachRecord<Order>((_, limit) => {
      left.push(limit.remainingTime())
      return done()
    })
    await virtualRun({ records: letters('a'), handler, timeout: 10_000, options: { guard: 2000 } })
    expect(left).toStrictEqual([8000])
  })
})

describe('large bodies', () => {
  it('are fetched one by one with their record, within the bytes that may be held, and costs only itself when it fails', async () => {
    const clock = drivenClock()
    let [held, most] = [0, 0]
    const claim = (id: string, loadBytes: number, fails = false): SourceRecord => ({
      ...orderRecord(id, { body: 'a claim' }),
      loadBytes,
      async load() {
        held += loadBytes
        most = Math.max(most, held)
        await clock.sleep(10)
        if (fails) throw new Error('no')
        return orderRecord(id).body
      },
    })
    const sizes: Record<string, number> = { a: 30, b: 60, c: 20, d: 300, e: 10 }
    const records = Object.entries(sizes).map(([id, bytes]) => claim(id, bytes, id === 'c'))
    const handler = eachRecord<Order>(({ key }) => {
      held -= sizes[key] ?? 0
      return done()
    })
    const { failed } = await virtualRun({ records, handler, clock, maximumLoadBytes: 100 })
    expect(failed).toStrictEqual(['c'])
    // The one that is larger than the bound goes by itself; what failed was never given to the handler.
    expect(most).toBeLessThanOrEqual(320)
  })
})
