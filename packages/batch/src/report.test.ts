import { done, park, retry, type SourceRecord } from '@spillway/message'
import { describe, expect, it, vi } from 'vitest'
import { batch, eachRecord } from './index.ts'
import { drivenClock } from './testing/driven-clock.ts'
import { type Order, order, orderRecord, virtualRun } from './testing/virtual-run.ts'

const records = ['a', 'b', 'c', 'd', 'e'].map((id) => orderRecord(id))

describe('the numbers of a batch', () => {
  it('are counted by outcome and code, and timed', async () => {
    const clock = drivenClock()
    const counted: unknown[] = []
    const timed: Record<string, unknown> = {}
    const telemetry = {
      count: (...args: unknown[]) => void counted.push(args),
      duration: (name: string, ms: number, attributes?: object) => {
        timed[name] = [ms, attributes]
      },
    }
    let tries = 0
    const handler = eachRecord<Order>(async ({ key }) => {
      await clock.sleep(20)
      if (key === 'b') return retry({ cause: new TypeError('x') })
      if (key === 'c' || key === 'd') return park({ code: '23514', detail: 'x' })
      return key === 'e' && ++tries < 3 ? retry({ unavailable: true }) : done()
    })
    await virtualRun({ records, handler, clock, options: { telemetry } })
    const message = 'order'
    expect(counted).toStrictEqual([
      ['spillway.batch.done', 2, { message }],
      ['spillway.batch.retried', 1, { message, code: 'TypeError' }],
      ['spillway.batch.parked', 2, { message, code: '23514' }],
    ])
    // Three turns of 20 ms, and two waits of three quarters of 100 and of 200 ms.
    expect(timed).toStrictEqual({
      'spillway.batch.duration': [285, { message }],
      'spillway.batch.held': [225, { message }],
    })
  })

  it('have no held time where nothing was held, and an adaptor that throws costs nothing', async () => {
    const names: string[] = []
    const telemetry = {
      count() {
        throw new Error('no')
      },
      duration: (name: string) => void names.push(name),
    }
    const handler = eachRecord<Order>(() => done())
    const { failed } = await virtualRun({ records, handler, options: { telemetry } })
    expect([failed, names]).toStrictEqual([[], ['spillway.batch.duration']])
  })
})

describe('the line of a batch', () => {
  it('goes to the logger when something was not done', async () => {
    const handler = eachRecord<Order>(({ key }) => (key === 'b' ? retry() : done()))
    const failed = await virtualRun({ records, handler })
    expect(failed.summaries).toStrictEqual([
      {
        message: 'order: 4 done, 1 retried, 0 parked',
        name: 'order',
        records: 5,
        done: 4,
        retried: 1,
        parked: 0,
        codes: { unknown: 1 },
      },
    ])
    const clean = await virtualRun({ records: records.slice(0, 1), handler })
    expect(clean.summaries).toStrictEqual([])
  })

  it('is JSON on standard error without one', async () => {
    const printed = vi.spyOn(console, 'warn').mockReturnValue()
    const handler = batch(
      order,
      eachRecord<Order>(() => retry()),
    )
    const source = { records, park: async () => undefined, delay: async () => undefined }
    await handler({ source }, { getRemainingTimeInMillis: () => 30_000 })
    expect(JSON.parse(String(printed.mock.calls[0]?.[0]))).toMatchObject({
      level: 'warn',
      message: 'order: 0 done, 5 retried, 0 parked',
    })
    printed.mockRestore()
  })

  it('costs nothing when the logger throws, and goes to the console', async () => {
    const warned = vi.spyOn(console, 'warn').mockReturnValue()
    const printed = vi.spyOn(console, 'error').mockReturnValue()
    const handler = batch(
      order,
      eachRecord<Order>(({ key }) => (key === 'b' ? retry() : done())),
      { logger: { info: fail, warn: fail, error: fail } },
    )
    const source = { records, park: async () => undefined, delay: async () => undefined }
    const settled = await handler({ source }, { getRemainingTimeInMillis: () => 30_000 })
    expect(settled.map(({ status }) => status)).toStrictEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ])
    expect(JSON.parse(String(warned.mock.calls[0]?.[0])).message).toBe('order: 4 done, 1 retried, 0 parked')
    expect(printed.mock.calls.map(([line]) => JSON.parse(String(line)).message)).toStrictEqual([
      'spillway: a logger threw',
      'spillway: a logger threw',
    ])
    warned.mockRestore()
    printed.mockRestore()
  })
})

function fail(): never {
  throw new Error('disk full')
}

describe('without partial failures', () => {
  const options = { partialFailures: false }

  it('a batch rejects when a record is to be retried, with what was to be parked', async () => {
    const handler = eachRecord<Order>(({ key }) => {
      if (key === 'a') return park({ code: 'X', detail: 'y' })
      return key === 'b' ? retry() : done()
    })
    await expect(virtualRun({ records, handler, options })).rejects.toMatchObject({
      code: 'SPILLWAY_BATCH_FAILED',
      message:
        '2 of 5 records are to be delivered again, and so all are: `partialFailures` is false. What is done stays done.',
    })
  })

  it.each(['a', 'e'])(
    'no copy is sent of what comes back with %s, whose retry is told late',
    async (late) => {
      const clock = drivenClock()
      const copies: string[] = []
      const handler = eachRecord<Order>(async ({ key }) => {
        if (key !== late) return park({ code: 'X', detail: 'y' })
        await clock.sleep(100)
        return retry()
      })
      const run = {
        records,
        handler,
        clock,
        options,
        park: async ({ id }: SourceRecord) => void copies.push(id),
      }
      await expect(virtualRun(run)).rejects.toThrow('5 of 5')
      expect(copies).toStrictEqual([])
    },
  )

  it('a batch of which nothing is to be retried is answered as ever', async () => {
    const handler = eachRecord<Order>(({ key }) => (key === 'b' ? park({ code: 'X', detail: 'y' }) : done()))
    const group = records.map((record) => ({ ...record, lane: 'one' }))
    const { failed, parked } = await virtualRun({ records: group, handler, options })
    expect([failed, parked.map(({ id }) => id)]).toStrictEqual([[], ['b']])
  })
})
