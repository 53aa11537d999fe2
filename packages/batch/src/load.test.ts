import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  createMessage,
  defineMessage,
  done,
  encodeMessage,
  type ParkReason,
  type RecordSource,
  type SourceRecord,
  SpillwayError,
} from '@spillway/message'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { batch } from './index.ts'
import { silent } from './testing/virtual-run.ts'

const order = defineMessage({ name: 'order', schema: z.object({ id: z.string() }), key: (body) => body.id })

function text(id: string): string {
  return encodeMessage(createMessage(order, { id }, { time: new Date(0) }))
}

function record(id: string, load?: SourceRecord['load']): SourceRecord {
  const body = load === undefined ? text(id) : 'a claim'
  return { id, lane: id, receiveCount: 1, body, ...(load !== undefined && { load }) }
}

/** What became of each record, and what was written, in which batches, and parked. */
async function run(records: readonly SourceRecord[], remaining = 10_000, maximumLoadBytes?: number) {
  const written: string[] = []
  const batches: string[] = []
  const parked: { readonly id: string; readonly body: string; readonly reason: ParkReason }[] = []
  const source: RecordSource = {
    records,
    ...(maximumLoadBytes !== undefined && { maximumLoadBytes }),
    park: async ({ id, body }, reason) => void parked.push({ id, body, reason }),
    delay: async () => undefined,
  }
  const handler = batch(
    order,
    async (messages) => {
      written.push(
        ...messages.map(({ key, redriveOf: of }) => (of === undefined ? key : `${key}, copy of ${of}`)),
      )
      batches.push(messages.map(({ key }) => key).join(' '))
      return messages.map(() => done())
    },
    { logger: silent },
  )
  const startedAt = performance.now()
  const context = { getRemainingTimeInMillis: () => remaining - (performance.now() - startedAt) }
  const settled = await handler({ source }, context)
  const failed = records.flatMap(({ id }, index) => {
    const result = settled[index]
    return result?.status === 'rejected' ? [[id, result.reason.code ?? result.reason.message]] : []
  })
  return { written, parked, failed, batches }
}

describe('a body that lies elsewhere', () => {
  it('is that of a redriven copy where the claim says so: what was fetched is as it was sent first', async () => {
    const claim = (change: object) => ({
      ...record('a', async () => text('a')),
      body: JSON.stringify({ spillway: 1, name: 'order', key: 'a', claim: {}, ...change }),
    })
    const { written } = await run([
      claim({ redriveOf: '4950' }),
      { ...claim({ redriveOf: '4950' }), redriveOf: 'the source' },
      claim({}),
      claim({ redriveOf: '4950', name: 'another' }),
    ])
    expect(written).toEqual(['a, copy of 4950', 'a, copy of the source', 'a', 'a'])
  })

  it('is fetched before it is decoded, and keeps its place among the others', async () => {
    const result = await run([record('a'), record('b', async () => text('b')), record('c')])
    expect(result).toStrictEqual({ written: ['a', 'b', 'c'], parked: [], failed: [], batches: ['a b c'] })
  })

  it('that is gone for good is parked, as the claim that it is', async () => {
    const gone = new SpillwayError('SPILLWAY_CLAIM_MISSING', 'gone')
    const { parked, ...rest } = await run([record('a', () => Promise.reject(gone)), record('b')])
    expect(rest).toMatchObject({ written: ['b'], failed: [] })
    expect(parked).toStrictEqual([
      { id: 'a', body: 'a claim', reason: { code: 'SPILLWAY_CLAIM_MISSING', detail: 'gone' } },
    ])
  })

  it.each([
    [
      'trouble',
      () => Promise.reject(new SpillwayError('SPILLWAY_CLAIM_FAILED', 'no')),
      'SPILLWAY_CLAIM_FAILED',
    ],
    ['an error', () => Promise.reject(new Error('broken')), 'broken'],
    [
      'a throw',
      () => {
        throw new Error('thrown')
      },
      'thrown',
    ],
    ['nothing', async () => undefined as never, 'SPILLWAY_DEADLINE'],
  ])('is fetched again after %s, which costs only its record', async (_, load, code) => {
    expect(await run([record('a', load), record('b')])).toMatchObject({
      written: ['b'],
      parked: [],
      failed: [['a', code]],
    })
  })

  it('that does not come leaves time for the others', async () => {
    const never = () => new Promise<string>(() => undefined)
    const records = [record('a'), ...Array.from({ length: 12 }, (_, index) => record(`n${index}`, never))]
    const { written, failed } = await run(records, 2000)
    expect(written).toStrictEqual(['a'])
    expect(failed).toStrictEqual(records.slice(1).map(({ id }) => [id, 'SPILLWAY_DEADLINE']))
  })

  it('is one of ten that are fetched at once, each with the time that is left', async () => {
    let now = 0
    let most = 0
    const load: SourceRecord['load'] = async ({ remainingTime, signal }) => {
      most = Math.max(most, ++now)
      expect(signal.aborted).toBe(false)
      expect(remainingTime()).toBeLessThanOrEqual(5000)
      await new Promise((resolve) => setImmediate(resolve))
      now--
      return text('x')
    }
    const { written } = await run(Array.from({ length: 35 }, (_, index) => record(`r${index}`, load)))
    expect([most, written.length]).toStrictEqual([10, 35])
  })
})

describe('bodies that take more memory together than there is', () => {
  /** A claim of so many bytes, and what is held of all of them. */
  function claims() {
    const held = new Set<string>()
    const claim = (id: string, loadBytes: number): SourceRecord => ({
      ...record(id, async () => {
        held.add(id)
        return text(id)
      }),
      loadBytes,
    })
    return { held, claim }
  }

  it('are fetched and written in turns, after what is there already', async () => {
    const { claim } = claims()
    const records = [
      claim('a', 60),
      claim('b', 50),
      record('c'),
      claim('d', 50),
      claim('e', 300),
      claim('f', 1),
    ]
    expect(await run(records, 10_000, 100)).toStrictEqual({
      written: ['a', 'c', 'b', 'd', 'e', 'f'],
      parked: [],
      failed: [],
      batches: ['a c', 'b d', 'e', 'f'],
    })
  })

  it('have all their turn in one batch, however many there are', async () => {
    const { claim } = claims()
    const records = Array.from({ length: 300 }, (_, index) => claim(`r${index}`, 10))
    const { written, failed, batches } = await run(records, 10_000, 55)
    expect([written.length, failed.length, batches.length]).toStrictEqual([300, 0, 60])
  })

  it('are not fetched before there is room for them', async () => {
    const { held, claim } = claims()
    let most = 0
    const records = Array.from({ length: 20 }, (_, index) => claim(`r${index}`, 10))
    const source: RecordSource = {
      records,
      maximumLoadBytes: 40,
      park: async () => undefined,
      delay: async () => undefined,
    }
    const handler = batch(order, async (messages) => {
      most = Math.max(most, held.size)
      held.clear()
      return messages.map(() => done())
    })
    await handler({ source }, { getRemainingTimeInMillis: () => 10_000 })
    expect(most).toBe(4)
  })

  it('are let go of once they are written', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const { claim } = claims()
    const records = Array.from({ length: 6 }, (_, index) => claim(`r${index}`, 10))
    const source: RecordSource = {
      records,
      maximumLoadBytes: 10,
      park: async () => undefined,
      delay: async () => undefined,
    }
    const bodies: WeakRef<object>[] = []
    const alive: number[] = []
    const handler = batch(order, async (messages) => {
      await new Promise((resolve) => setImmediate(resolve))
      collect()
      alive.push(bodies.filter((body) => body.deref() !== undefined).length)
      for (const { body } of messages) bodies.push(new WeakRef(body))
      return messages.map(() => done())
    })
    await handler({ source }, { getRemainingTimeInMillis: () => 10_000 })
    // The one before may still be on its way out.
    expect(Math.max(...alive)).toBeLessThanOrEqual(1)
    expect(alive).toHaveLength(6)
  })

  it('come again when there is no time left, and cost only themselves', async () => {
    const { held, claim } = claims()
    const slow: SourceRecord = { ...record('b', () => new Promise(() => undefined)), loadBytes: 10 }
    const { written, failed } = await run([claim('a', 10), slow, claim('c', 10), record('d')], 800, 10)
    expect(written).toStrictEqual(['a', 'd', 'c'])
    expect(failed).toStrictEqual([['b', 'SPILLWAY_DEADLINE']])
    expect(held).toStrictEqual(new Set(['a', 'c']))
  })
})
