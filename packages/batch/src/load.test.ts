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

const order = defineMessage({ name: 'order', schema: z.object({ id: z.string() }), key: (body) => body.id })

function text(id: string): string {
  return encodeMessage(createMessage(order, { id }, { time: new Date(0) }))
}

function record(id: string, load?: SourceRecord['load']): SourceRecord {
  const body = load === undefined ? text(id) : 'a claim'
  return { id, lane: id, receiveCount: 1, body, ...(load !== undefined && { load }) }
}

/** What became of each record, and what was written and parked. */
async function run(records: readonly SourceRecord[], remaining = 10_000) {
  const written: string[] = []
  const parked: { readonly id: string; readonly body: string; readonly reason: ParkReason }[] = []
  const source: RecordSource = {
    records,
    park: async ({ id, body }, reason) => void parked.push({ id, body, reason }),
    delay: async () => undefined,
  }
  const handler = batch(
    order,
    async (messages) => {
      written.push(...messages.map(({ key }) => key))
      return messages.map(() => done())
    },
    { log: () => undefined },
  )
  const startedAt = performance.now()
  const context = { getRemainingTimeInMillis: () => remaining - (performance.now() - startedAt) }
  const settled = await handler({ source }, context)
  const failed = records.flatMap(({ id }, index) => {
    const result = settled[index]
    return result?.status === 'rejected' ? [[id, result.reason.code ?? result.reason.message]] : []
  })
  return { written, parked, failed }
}

describe('a body that lies elsewhere', () => {
  it('is fetched before it is decoded, and keeps its place among the others', async () => {
    const result = await run([record('a'), record('b', async () => text('b')), record('c')])
    expect(result).toStrictEqual({ written: ['a', 'b', 'c'], parked: [], failed: [] })
  })

  it('that is gone for good is parked, as the claim that it is', async () => {
    const gone = new SpillwayError('SPILLWAY_CLAIM_MISSING', 'gone')
    const { parked, ...rest } = await run([record('a', () => Promise.reject(gone)), record('b')])
    expect(rest).toStrictEqual({ written: ['b'], failed: [] })
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
    expect(await run([record('a', load), record('b')])).toStrictEqual({
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
