import { done, type LogFields, type Outcome, park, retry } from '@spillway/message'
import { describe, expect, it } from 'vitest'
import { eachRecord, route } from './index.ts'
import { drivenClock } from './testing/driven-clock.ts'
import { audit, decodeWords, order, recordOf, refund } from './testing/routed-records.ts'
import { virtualRun } from './testing/virtual-run.ts'

// Each number and each line of a handler of several messages is about one of them.

function listen() {
  const counted: unknown[] = []
  const timed: unknown[] = []
  const lines: [string, string, LogFields | undefined][] = []
  const write = (level: string) => (line: string, fields?: LogFields) =>
    void lines.push([level, line, fields])
  return {
    counted,
    timed,
    lines,
    telemetry: {
      count: (...args: unknown[]) => void counted.push(args),
      duration: (...args: unknown[]) => void timed.push(args),
    },
    logger: { info: write('info'), warn: write('warn'), error: write('error') },
  }
}

const fates: Record<string, Outcome> = {
  retried: retry({ cause: new TypeError('no') }),
  parked: park({ code: 'NO', detail: 'no' }),
}
const write = async (records: readonly { readonly key: string }[]) =>
  records.map(({ key }) => fates[key.split('-')[0] ?? ''] ?? done())
const records = [
  recordOf(order, 'done-1'),
  recordOf(refund, 'parked-1'),
  recordOf(order, 'retried-1'),
  recordOf(order, 'parked-2'),
  recordOf(refund, 'done-2'),
]
const [{ name: message }, { name: second }] = [order, refund]

describe('the numbers of several messages', () => {
  it('are counted under the name of each that came, as those of one are', async () => {
    const { counted, timed, telemetry } = listen()
    const handler = [route(order, write), route(refund, write), route(audit, write)]
    await virtualRun({ records, handler, options: { telemetry } })
    expect(counted).toStrictEqual([
      ['spillway.batch.done', 1, { message }],
      ['spillway.batch.retried', 1, { message, code: 'TypeError' }],
      ['spillway.batch.parked', 1, { message, code: 'NO' }],
      ['spillway.batch.done', 1, { message: second }],
      ['spillway.batch.parked', 1, { message: second, code: 'NO' }],
    ])
    expect(timed).toStrictEqual([
      ['spillway.batch.duration', 0, { message }],
      ['spillway.batch.duration', 0, { message: second }],
    ])
  })

  it('are timed for each, with what the batch waited', async () => {
    const { timed, telemetry } = listen()
    const clock = drivenClock()
    let tries = 0
    const slow = eachRecord(async () => {
      await clock.sleep(20)
      return ++tries < 3 ? retry({ unavailable: true }) : done()
    })
    await virtualRun({
      records: [recordOf(order, 'a'), recordOf(refund, 'b')],
      handler: [route(order, slow), route(refund, write)],
      clock,
      options: { telemetry },
    })
    // Three turns of 20 ms, and two waits of three quarters of 100 and of 200 ms.
    expect(timed).toStrictEqual([
      ['spillway.batch.duration', 285, { message }],
      ['spillway.batch.held', 225, { message }],
      ['spillway.batch.duration', 285, { message: second }],
      ['spillway.batch.held', 225, { message: second }],
    ])
  })

  it('have no more names than there are routes, and one for all that has none', async () => {
    const { counted, telemetry } = listen()
    const unknown = [1, 2, 3].map((index) =>
      recordOf({ ...audit, name: `unknown ${index}` }, `done-${index}`),
    )
    const unreadable = recordOf(order, 'x', { body: '{' })
    for (const otherwise of [undefined, write]) {
      await virtualRun({
        records: [...unknown, unreadable, recordOf(order, 'done-4')],
        handler: [route(order, write)],
        options: { telemetry, ...(otherwise && { otherwise }) },
      })
    }
    const rest = { message: '(no route)' }
    const done = ['spillway.batch.done', 1, { message }]
    expect(counted).toStrictEqual([
      ['spillway.batch.parked', 3, { ...rest, code: 'SPILLWAY_MESSAGE_UNKNOWN' }],
      ['spillway.batch.parked', 1, { ...rest, code: 'SPILLWAY_ENVELOPE_INVALID' }],
      done,
      ['spillway.batch.done', 3, rest],
      ['spillway.batch.parked', 1, { ...rest, code: 'SPILLWAY_ENVELOPE_INVALID' }],
      done,
    ])
  })

  it.each<[string, (id: string) => string, object]>([
    ['in envelopes', (id) => recordOf(order, id).body, {}],
    ['of a decoding', (id) => `order ${id}`, { decode: decodeWords }],
  ])('include what was not begun and what is not valid: messages %s', async (_, textOf, source) => {
    const { counted, telemetry } = listen()
    const lane = 'one'
    await virtualRun({
      records: [
        recordOf(order, 'a', { lane, body: textOf('retried') }),
        recordOf(order, 'b', { lane, body: textOf('done') }),
        recordOf(order, 'c', { body: textOf('invalid') }),
      ],
      handler: [route(order, write), route(refund, write)],
      source,
      options: { telemetry },
    })
    expect(counted).toStrictEqual([
      ['spillway.batch.retried', 1, { message, code: 'TypeError' }],
      ['spillway.batch.retried', 1, { message, code: 'SPILLWAY_LANE_STOPPED' }],
      ['spillway.batch.parked', 1, { message, code: 'SPILLWAY_BODY_INVALID' }],
    ])
  })
})

describe('the lines of several messages', () => {
  it('are a summary and a line for each code, for each message that is not done', async () => {
    const { lines, logger } = listen()
    const handler = [route(order, write), route(refund, write), route(audit, write)]
    const all = [...records, recordOf(audit, 'done-3')]
    const { summaries } = await virtualRun({ records: all, handler, options: { logger } })
    expect(summaries.map((one) => one.message)).toStrictEqual([
      'order: 1 done, 1 retried, 1 parked',
      'refund: 1 done, 0 retried, 1 parked',
    ])
    expect(summaries[1]).toStrictEqual({
      message: 'refund: 1 done, 0 retried, 1 parked',
      name: 'refund',
      records: 2,
      done: 1,
      retried: 0,
      parked: 1,
      codes: { NO: 1 },
    })
    expect(lines.map(([level, line, fields]) => [level, line, fields?.name, fields?.key])).toStrictEqual([
      ['error', 'order: 1 of 3 records to be delivered again: TypeError', 'order', 'retried-1'],
      ['warn', 'order: 1 of 3 records parked: NO', 'order', 'parked-2'],
      ['warn', 'refund: 1 of 2 records parked: NO', 'refund', 'parked-1'],
    ])
  })

  it('are no more in all than those of one message, and at least one for each', async () => {
    const { lines, logger } = listen()
    const each = async (all: readonly { readonly key: string }[]) =>
      all.map(({ key }) => park({ code: key, detail: 'no' }))
    const ids = Array.from({ length: 30 }, (_, index) => `${index}`)
    await virtualRun({
      records: [order, refund, audit].flatMap((one) => ids.map((id) => recordOf(one, `${one.name}-${id}`))),
      handler: [route(order, each), route(refund, each), route(audit, each)],
      options: { logger },
    })
    for (const name of ['order', 'refund', 'audit']) {
      const own = lines.filter(([, , fields]) => fields?.name === name).map(([, line]) => line)
      expect(own).toHaveLength(7)
      expect(own.at(-1)).toBe(`${name}: 24 more codes of this batch have no line`)
    }
  })

  it('say of a record for which there is no route where it is found', async () => {
    const { lines, logger } = listen()
    const unknown = recordOf({ ...audit, name: 'unknown' }, 'x')
    await virtualRun({ records: [unknown], handler: [route(order, write)], options: { logger } })
    expect(lines).toMatchObject([
      [
        'warn',
        '(no route): 1 of 1 records parked: SPILLWAY_MESSAGE_UNKNOWN',
        { name: '(no route)', recordId: 'x' },
      ],
    ])
  })
})
