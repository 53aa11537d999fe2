import { done, type LogFields, park, retry } from '@spillway/message'
import { describe, expect, it, vi } from 'vitest'
import { eachRecord } from './index.ts'
import { drivenClock } from './testing/driven-clock.ts'
import { type Order, orderRecord, virtualRun } from './testing/virtual-run.ts'

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
    const lines: [string, LogFields | undefined][] = []
    const warn = (message: string, fields?: LogFields) => void lines.push([message, fields])
    const logger = { info: warn, warn, error: warn }
    const options = { logger, log: undefined as never }
    const handler = eachRecord<Order>(({ key }) => (key === 'b' ? retry() : done()))
    await virtualRun({ records, handler, options })
    await virtualRun({ records: records.slice(0, 1), handler, options })
    expect(lines).toStrictEqual([
      [
        'order: 4 done, 1 retried, 0 parked',
        { name: 'order', records: 5, done: 4, retried: 1, parked: 0, codes: { unknown: 1 } },
      ],
    ])
  })

  it('is JSON on standard error without one', async () => {
    const printed = vi.spyOn(console, 'warn').mockReturnValue()
    const options = { log: undefined as never }
    await virtualRun({ records, handler: eachRecord<Order>(() => retry()), options })
    expect(JSON.parse(String(printed.mock.calls[0]?.[0]))).toMatchObject({
      level: 'warn',
      message: 'order: 0 done, 5 retried, 0 parked',
    })
    printed.mockRestore()
  })

  it('that cannot be written is said to the logger', async () => {
    const said: string[] = []
    const error = (message: string) => void said.push(message)
    const logger = { info: error, warn: error, error }
    const log = () => {
      throw new Error('disk full')
    }
    const handler = eachRecord<Order>(() => done())
    const { failed } = await virtualRun({ records, handler, options: { logger, log } })
    expect([failed, said]).toStrictEqual([[], ['spillway: the log of a batch threw']])
  })
})

describe('without partial failures', () => {
  const options = { partialFailures: false }

  it('a batch rejects when a record is to be retried, after it parked and put off what it had to', async () => {
    const handler = eachRecord<Order>(({ key }) => {
      if (key === 'a') return park({ code: 'X', detail: 'y' })
      return key === 'b' ? retry() : done()
    })
    await expect(virtualRun({ records, handler, options })).rejects.toMatchObject({
      code: 'SPILLWAY_BATCH_FAILED',
      message:
        '1 of 5 records are to be delivered again, and so all are: `partialFailures` is false. What is done stays done.',
    })
  })

  it('a batch of which nothing is to be retried is answered as ever', async () => {
    const { failed } = await virtualRun({ records, handler: eachRecord<Order>(() => done()), options })
    expect(failed).toStrictEqual([])
  })
})
