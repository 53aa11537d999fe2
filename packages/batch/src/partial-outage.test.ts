import { done, type EachRecord, type Outcome, retry, type TimeLimit, type Writer } from '@spillway/message'
import { watched } from '@spillway/message/internal'
import { describe, expect, it } from 'vitest'
import { type BatchOptions, batch, eachRecord } from './index.ts'
import { drivenClock } from './testing/driven-clock.ts'
import { type Order, order, orderRecord, silent } from './testing/virtual-run.ts'

/** One execution environment, which is given batches one after the other. */
function environment(
  handler: Writer<Order> | EachRecord<Order>,
  { checkpoint = false, ...options }: BatchOptions<Order> & { readonly checkpoint?: boolean } = {},
) {
  const clock = drivenClock()
  const fixed = { clock, logger: silent, random: () => 0.5 }
  const handle = batch(order, handler, { ...fixed, ...options })
  return {
    clock,
    /** Seconds that the batch took, and the records that come back. */
    async deliver(...ids: readonly string[]) {
      const records = ids.map((id) => orderRecord(id))
      const source = { records, checkpoint, park: async () => undefined, delay: async () => undefined }
      const startedAt = clock.now()
      const context = { getRemainingTimeInMillis: () => 30_000 - (clock.now() - startedAt) }
      let isOver = false
      const invocation = handle({ source }, context)
        .catch(() => ids.map(() => ({ status: 'rejected' })))
        .finally(() => {
          isOver = true
        })
      while (!isOver) await clock.next()
      const results = await invocation
      const failed = ids.filter((_, place) => results[place]?.status === 'rejected')
      return { took: (clock.now() - startedAt) / 1000, failed }
    },
  }
}

/** What has a `d` in its name is down. */
const outcomeOf = (key: string): Outcome => (key.includes('d') ? retry({ unavailable: true }) : done())
const writer: Writer<Order> = async (records) => records.map(({ key }) => outcomeOf(key))
const each = eachRecord<Order>(({ key }) => outcomeOf(key))

describe.each([
  ['a writer', writer],
  ['each record', each],
])('where only a part is down, %s', (_, handler) => {
  it('is tried again for a second, and from then on not at all', async () => {
    const { deliver } = environment(handler)
    const first = await deliver('d1', 'h1', 'd2')
    expect(first.failed).toStrictEqual(['d1', 'd2'])
    expect(first.took).toBeGreaterThan(0.2)
    expect(first.took).toBeLessThan(1.1)
    expect(await deliver('d3', 'h2')).toMatchObject({ took: 0, failed: ['d3'] })
    expect(await deliver('d4')).toMatchObject({ took: 0, failed: ['d4'] })
  })

  it('finds out from batches of one record, too, once it waited in vain while another was done', async () => {
    const { deliver } = environment(handler)
    expect((await deliver('d1')).took).toBeGreaterThan(26)
    expect((await deliver('h1')).took).toBe(0)
    expect((await deliver('d2')).took).toBeGreaterThan(26)
    expect((await deliver('d3')).took).toBe(0)
  })

  it('waits again a minute after it last saw the other part', async () => {
    const { deliver, clock } = environment(handler)
    await deliver('d1', 'h1')
    await clock.advance(59_000)
    expect((await deliver('d2')).took).toBe(0)
    await clock.advance(2000)
    expect((await deliver('d3')).took).toBeGreaterThan(26)
  })
})

describe('the whole time is waited', () => {
  it.each<[string, BatchOptions<Order> & { readonly checkpoint?: boolean }]>([
    ['for a stream, which brings back all that comes after', { checkpoint: true }],
    ['where one failure brings back the whole batch', { partialFailures: false }],
  ])('%s', async (_, options) => {
    const { deliver } = environment(each, options)
    expect((await deliver('d1', 'h1')).took).toBeGreaterThan(26)
    expect((await deliver('d2', 'h2')).took).toBeGreaterThan(26)
  })

  it('for an outage that begins in the middle of a batch', async () => {
    const { deliver } = environment(each)
    expect((await deliver('h1', 'h2', 'd1', 'd2')).took).toBeGreaterThan(26)
    expect((await deliver('d3')).took).toBeGreaterThan(26)
  })

  it('after an outage that ended while it was waited for', async () => {
    let isDown = true
    const { deliver, clock } = environment(async (records) =>
      records.map(() => (isDown ? retry({ unavailable: true }) : done())),
    )
    void clock.sleep(5000).then(() => {
      isDown = false
    })
    expect((await deliver('a', 'b')).failed).toStrictEqual([])
    expect((await deliver('c')).took).toBe(0)
    isDown = true
    expect((await deliver('e')).took).toBeGreaterThan(26)
  })
})

it('each record is tried, however many before it are of the part that is down', async () => {
  const tried: string[] = []
  const { deliver } = environment(
    eachRecord<Order>(({ key }) => {
      tried.push(key)
      return outcomeOf(key)
    }),
  )
  await deliver('d0', 'h0')
  tried.length = 0
  const down = Array.from({ length: 40 }, (_, n) => `d${n}`)
  expect(await deliver(...down, 'h1', 'h2')).toMatchObject({ took: 0, failed: down })
  expect(tried).toStrictEqual([...down, 'h1', 'h2'])
})

it.each<[string, (note: (limit: TimeLimit) => void) => Writer<Order> | EachRecord<Order>]>([
  [
    'a writer',
    (note) => async (records, limit) => {
      note(limit)
      return records.map(({ key }) => outcomeOf(key))
    },
  ],
  [
    'each record',
    (note) =>
      eachRecord<Order>(({ key }, limit) => {
        note(limit)
        return outcomeOf(key)
      }),
  ],
])('%s that waits by itself is told that it is not worth it', async (_, handlerOf) => {
  const told = new Set<boolean>()
  const { deliver } = environment(handlerOf(({ mayHold = true }) => told.add(mayHold)))
  await deliver('d1', 'h1')
  expect([...told]).toStrictEqual([true])
  told.clear()
  await deliver('d2', 'h2')
  expect([...told]).toStrictEqual([false])
})

it('what watches is told of no batch that has records of the part that is down alone', async () => {
  const told: number[] = []
  const watcher = { handler: writer, settled: async (all: readonly Outcome[]) => void told.push(all.length) }
  const { deliver } = environment(Object.assign(writer.bind(undefined), { [watched]: watcher }))
  await deliver('d1', 'h1', 'd2')
  await deliver('d3')
  await deliver('d4', 'h2')
  expect(told).toStrictEqual([3, 2])
})
