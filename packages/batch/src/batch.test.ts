import { createHash } from 'node:crypto'
import {
  createMessage,
  defineMessage,
  done,
  encodeMessage,
  type MessageRecord,
  type Outcome,
  type ParkReason,
  park,
  type RecordSource,
  retry,
  type SourceRecord,
  type Writer,
} from '@spillway/message'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type BatchOptions, batch } from './index.ts'
import { drivenClock } from './testing/driven-clock.ts'
import { keepSummaries } from './testing/keep-summaries.ts'
import { silent, virtualRun } from './testing/virtual-run.ts'

const order = defineMessage({ name: 'order', schema: z.object({ id: z.string() }), key: (body) => body.id })
type Order = { id: string }

function record(id: string, change: Partial<SourceRecord> = {}): SourceRecord {
  const body = encodeMessage(createMessage(order, { id }, { time: new Date(0) }))
  return { id: `m-${id}`, lane: `m-${id}`, receiveCount: 1, body, ...change }
}

interface Parked {
  readonly id: string
  readonly reason: ParkReason
}

interface Run {
  readonly records: readonly SourceRecord[]
  readonly writer: Writer<Order>
  readonly remaining?: number
  readonly parkFails?: boolean
  readonly signal?: AbortSignal
}

async function run(
  { records, writer, remaining = 10_000, parkFails = false, signal }: Run,
  options: BatchOptions = {},
) {
  const parked: Parked[] = []
  const delayed: Record<string, number> = {}
  const { summaries, logger } = keepSummaries(silent)
  const source: RecordSource = {
    records,
    async park({ id }, reason) {
      if (parkFails) throw new Error('no')
      parked.push({ id, reason })
    },
    async delay(delays) {
      for (const { record, seconds } of delays) delayed[record.id] = seconds
    },
  }
  const startedAt = performance.now()
  const context = { getRemainingTimeInMillis: () => remaining - (performance.now() - startedAt) }
  const handler = batch(order, writer, { logger, ...options })
  const settled = await handler({ source }, context, signal === undefined ? {} : { signal })
  return { settled, parked, delayed, summary: summaries[0], failed: failedOf(records, settled) }
}

function failedOf(
  records: readonly SourceRecord[],
  settled: readonly PromiseSettledResult<undefined>[],
): string[] {
  expect(settled).toHaveLength(records.length)
  return records.filter((_, index) => settled[index]?.status !== 'fulfilled').map(({ id }) => id)
}

const each =
  (outcomeOf: (message: MessageRecord<Order>) => Outcome): Writer<Order> =>
  async (messages) =>
    messages.map(outcomeOf)

const doAll = each(() => done())

describe('outcomes', () => {
  it('acknowledges what is done or parked and returns what is to be retried', async () => {
    const outcomes: Record<string, Outcome> = {
      a: done(),
      b: retry({ after: 7, cause: new Error('busy') }),
      c: park({ code: '23514', detail: 'check' }),
      d: retry(),
    }
    const result = await run(
      {
        records: ['a', 'b', 'c', 'd'].map((id) => record(id)),
        writer: each(({ body }) => outcomes[body.id] as Outcome),
      },
      { backoff: false },
    )
    expect(result.failed).toStrictEqual(['m-b', 'm-d'])
    expect(result.parked).toStrictEqual([{ id: 'm-c', reason: { code: '23514', detail: 'check' } }])
    expect(result.delayed).toStrictEqual({ 'm-b': 7 })
    expect(result.summary).toStrictEqual({
      message: 'order: 1 done, 2 retried, 1 parked',
      name: 'order',
      records: 4,
      done: 1,
      retried: 2,
      parked: 1,
      codes: { Error: 1, '23514': 1, unknown: 1 },
    })
  })

  it('gives the writer the whole batch, decoded, with the facts of delivery', async () => {
    const seen: MessageRecord<Order>[][] = []
    await run({
      records: [record('a', { receiveCount: 3 }), record('b')],
      writer: async (messages) => {
        seen.push([...messages])
        return messages.map(() => done())
      },
    })
    expect(seen).toHaveLength(1)
    expect(seen[0]?.[0]).toMatchObject({
      key: 'a',
      body: { id: 'a' },
      time: new Date(0),
      receiveCount: 3,
      lane: 'm-a',
    })
  })

  it('gives the writer the fingerprint of a body as it was sent, whatever the reader makes of it', async () => {
    const later = defineMessage({
      ...order,
      version: 2,
      schema: z.object({ id: z.string() }).transform(({ id }) => ({ id, at: new Date() })),
      upcast: { 1: (body) => Object.assign(body as object, { id: 'changed' }) },
    })
    const prints: unknown[] = []
    const writer: Writer<Order> = async (messages) => {
      prints.push(...messages.map(({ fingerprint }) => fingerprint?.()))
      return messages.map(() => done())
    }
    const source = {
      records: [record('a'), record('b')],
      park: async () => undefined,
      delay: async () => undefined,
    }
    for (const definition of [order, later]) {
      await batch(definition, writer)({ source }, { getRemainingTimeInMillis: () => 10_000 })
    }
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
    const [a, b] = [sha256('{"id":"a"}'), sha256('{"id":"b"}')]
    expect(prints).toStrictEqual([a, b, a, b])
  })

  it('does not call the writer for nothing', async () => {
    const result = await run({ records: [], writer: async () => expect.unreachable() })
    expect(result.settled).toStrictEqual([])
  })
})

describe('a record that holds no valid message', () => {
  it('is parked and costs only itself', async () => {
    const bad = record('b', { body: 'not json' })
    const invalid = record('c', { body: record('c').body.replace('"id":"c"', '"id":7') })
    const result = await run({
      records: [record('a'), bad, invalid, record('d')],
      writer: each(() => done()),
    })
    expect(result.failed).toStrictEqual([])
    expect(result.parked).toMatchObject([
      { id: 'm-b', reason: { code: 'SPILLWAY_ENVELOPE_INVALID' } },
      { id: 'm-c', reason: { code: 'SPILLWAY_BODY_INVALID', issues: [{ path: '/id' }] } },
    ])
  })

  it('costs only itself when it is a nest of a thousand brackets', async () => {
    const deep = `{"spillway":${'['.repeat(50_000)}${']'.repeat(50_000)}}`
    const result = await run({
      records: [record('a'), record('b', { body: deep })],
      writer: each(() => done()),
    })
    expect(result.failed).toStrictEqual([])
    expect(result.parked).toMatchObject([{ id: 'm-b', reason: { code: 'SPILLWAY_ENVELOPE_INVALID' } }])
  })

  it('is retried when it is newer than its reader: a deploy is going on', async () => {
    const newer = record('b', { body: record('b').body.replace('"version":1', '"version":2') })
    const result = await run({ records: [record('a'), newer], writer: doAll })
    expect(result.failed).toStrictEqual(['m-b'])
    expect(result.parked).toStrictEqual([])
  })

  it('is retried when its schema throws: it may be valid', async () => {
    const picky = defineMessage({
      name: 'order',
      schema: z.object({ id: z.string() }).refine(({ id }) => {
        if (id === 'b') throw new Error('the lookup is down')
        return true
      }),
    })
    const records = [record('a'), record('b')]
    const source = { records, park: async () => expect.unreachable(), delay: async () => undefined }
    const handler = batch(picky, async (messages) => messages.map(() => done()), {
      logger: silent,
    })
    const settled = await handler({ source }, { getRemainingTimeInMillis: () => 5000 })
    expect(failedOf(records, settled)).toStrictEqual(['m-b'])
  })

  it('is retried when the dead-letter queue does not take it: it must not be lost', async () => {
    const result = await run({
      records: [record('a', { body: '' })],
      writer: each(() => done()),
      parkFails: true,
    })
    expect(result.failed).toStrictEqual(['m-a'])
  })
})

describe('fail closed', () => {
  const two = [record('a'), record('b')]
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['too few outcomes', [done()]],
    ['too many outcomes', [done(), done(), done()]],
    ['something else', 'done'],
    ['outcomes that are none', [undefined, { kind: 'ok' }]],
    ['a list with holes', new Array(2)],
  ])('a writer that answers %s has done nothing', async (_, answer) => {
    const result = await run({ records: two, writer: async () => answer as Outcome[] })
    expect(result.failed).toStrictEqual(['m-a', 'm-b'])
    expect(result.summary?.codes).toStrictEqual({ SPILLWAY_OUTCOME_INVALID: 2 })
  })

  it('keeps the outcomes beside one that is none', async () => {
    const result = await run({ records: two, writer: async () => [done(), undefined] as Outcome[] })
    expect(result.failed).toStrictEqual(['m-b'])
  })

  it.each([new Error('boom'), 'boom', undefined, null])(
    'a writer that throws %o has done nothing',
    async (thrown) => {
      const result = await run({
        records: two,
        writer: async () => {
          throw thrown
        },
      })
      expect(result.failed).toStrictEqual(['m-a', 'm-b'])
      for (const settled of result.settled)
        expect((settled as PromiseRejectedResult).reason).toBeInstanceOf(Error)
    },
  )

  it('throws when no source ran before it', async () => {
    const handler = batch(
      order,
      each(() => done()),
    )
    await expect(handler({} as never, { getRemainingTimeInMillis: () => 1000 })).rejects.toMatchObject({
      code: 'SPILLWAY_SOURCE_MISSING',
    })
  })
})

describe('lanes', () => {
  const lanes = [
    record('a1', { lane: 'a' }),
    record('b1', { lane: 'b' }),
    record('a2', { lane: 'a' }),
    record('b2', { lane: 'b' }),
    record('a3', { lane: 'a' }),
  ]

  it('are written in order', async () => {
    const calls: string[][] = []
    await run({
      records: lanes,
      writer: async (messages) => {
        calls.push(messages.map(({ key }) => key))
        return messages.map(() => done())
      },
    })
    expect(calls).toStrictEqual([['a1', 'b1'], ['a2', 'b2'], ['a3']])
  })

  it('stop at their first failure, and others go on', async () => {
    const written: string[] = []
    const result = await run({
      records: lanes,
      writer: each(({ key }) => {
        written.push(key)
        return key === 'a2' ? retry() : done()
      }),
    })
    expect(written).toStrictEqual(['a1', 'b1', 'a2', 'b2'])
    expect(result.failed).toStrictEqual(['m-a2', 'm-a3'])
    expect(result.summary?.codes).toMatchObject({ SPILLWAY_LANE_STOPPED: 1 })
  })

  it('go on behind a parked record, but not behind one whose parking failed', async () => {
    const writer = each(({ key }) => (key === 'a1' ? park({ code: 'X', detail: 'y' }) : done()))
    expect((await run({ records: lanes, writer })).failed).toStrictEqual([])
    expect((await run({ records: lanes, writer, parkFails: true })).failed).toStrictEqual([
      'm-a1',
      'm-a2',
      'm-a3',
    ])
  })
})

it('has the rest of a lane wait as long as the record that it follows', async () => {
  const result = await run({
    records: [record('a1', { lane: 'a' }), record('a2', { lane: 'a' }), record('b1', { lane: 'b' })],
    writer: each(({ key }) => (key === 'a1' ? retry({ after: 9 }) : done())),
  })
  expect(result.delayed).toStrictEqual({ 'm-a1': 9, 'm-a2': 9 })
})

describe('the deadline', () => {
  it('acknowledges what is committed when parking the others takes too long', async () => {
    const records = [
      record('good'),
      ...Array.from({ length: 60 }, (_, index) => record(`x${index}`, { body: '{' })),
    ]
    const clock = drivenClock()
    const { failed, parked, took } = await virtualRun({
      records,
      handler: doAll,
      clock,
      timeout: 1000,
      park: () => clock.sleep(250),
      delay: () => new Promise(() => undefined),
    })
    expect(took).toBeLessThan(1000)
    expect(failed).not.toContain('m-good')
    // Ten at a time, three times in the 950 ms until the deadline for settling.
    expect(parked).toHaveLength(30)
    expect(failed).toHaveLength(30)
    expect(failed.filter((id) => parked.some((one) => one.id === id))).toStrictEqual([])
  })

  it('does not wait for a schema that hangs', async () => {
    const hanging = defineMessage({
      name: 'order',
      schema: z.object({ id: z.string() }).refine(() => new Promise<boolean>(() => undefined)),
    })
    const { failed, took } = await virtualRun({
      definition: hanging,
      records: [record('a')],
      handler: doAll,
      timeout: 300,
    })
    expect(failed).toStrictEqual(['m-a'])
    expect(took).toBeLessThan(300)
  })

  it('costs no valid record because the schema of another hangs', async () => {
    const hanging = defineMessage({
      name: 'order',
      schema: z
        .object({ id: z.string() })
        .refine(({ id }) => (id === 'b' ? new Promise<boolean>(() => undefined) : Promise.resolve(true))),
    })
    const records = ['a', 'b', 'c'].map((id) => record(id))
    const { failed } = await virtualRun({ definition: hanging, records, handler: doAll, timeout: 300 })
    expect(failed).toStrictEqual(['m-b'])
  })

  it('takes an invocation that has weeks to go', async () => {
    const result = await run({ records: [record('a')], remaining: 2 ** 32, writer: doAll })
    expect(result.failed).toStrictEqual([])
  })

  it('returns what is not done, before the invocation ends, and tells the writer', async () => {
    let aborted = false
    const result = await virtualRun({
      records: [record('a')],
      timeout: 400,
      handler: (_, { signal }) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            aborted = true
          })
        }),
    })
    expect(result.took).toBeLessThan(400)
    expect(result.failed).toStrictEqual(['m-a'])
    expect(result.summary?.codes).toStrictEqual({ SPILLWAY_DEADLINE: 1 })
    expect(aborted).toBe(true)
  })

  it('keeps what is committed', async () => {
    const result = await run({
      records: [record('a1', { lane: 'a' }), record('a2', { lane: 'a' })],
      remaining: 400,
      writer: async (messages) => {
        if (messages[0]?.key === 'a2') await new Promise(() => undefined)
        return messages.map(() => done())
      },
    })
    expect(result.failed).toStrictEqual(['m-a2'])
  })

  it('begins nothing when the invocation is already aborted', async () => {
    const result = await run({
      records: [record('a')],
      signal: AbortSignal.abort(),
      writer: async () => expect.unreachable(),
    })
    expect(result.failed).toStrictEqual(['m-a'])
  })

  it('leaves the writer the time less the guard', async () => {
    let remaining = 0
    await run(
      {
        records: [record('a')],
        remaining: 60_000,
        writer: async (messages, limit) => {
          remaining = limit.remainingTime()
          return messages.map(() => done())
        },
      },
      { guard: 5000 },
    )
    expect(remaining).toBeGreaterThan(54_000)
    expect(remaining).toBeLessThanOrEqual(55_000)
  })
})

it('names a typo, and lists the options without those that only tests set', () => {
  const options = { guardMs: 1 }
  // @ts-expect-error the option is wrong on purpose
  expect(() => batch(order, doAll, options)).toThrow(
    /^batch has no option `guardMs`\. Its options are guard, onError, backoff, hold, stopAtFirstFailure, partialFailures, logger, telemetry\.$/,
  )
})
