import { batch, eachRecord } from '@spillway/batch'
import {
  defineMessage,
  done,
  isUnavailable,
  type Outcome,
  park,
  retry,
  type SourceRecord,
  SpillwayError,
  type Writer,
} from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { envelopeOf } from '@spillway/message/testing'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { breaker } from './index.ts'
import { memorySwitch } from './testing/memory-switch.ts'

const item = defineMessage({
  name: 'item',
  schema: z.object({ id: z.string(), group: z.string().optional() }),
  key: ({ id }) => id,
})
type Item = { id: string; group?: string | undefined }
const quiet = { info() {}, warn() {}, error() {} }
const refused = () =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) })
const down = () => new SpillwayError('SPILLWAY_DATABASE_UNAVAILABLE', 'down')

async function recordOf(id: string, lane = id): Promise<SourceRecord> {
  return { id: `m-${id}`, lane, receiveCount: 1, body: await envelopeOf(item, { id }) }
}

type Answer = (id: string) => Outcome | Promise<Outcome>
type Shape = 'each record' | 'a whole batch'

/** The handler in both shapes. */
function handlerOf(shape: Shape, answer: Answer) {
  if (shape === 'each record') return eachRecord<Item>(({ body }) => answer(body.id))
  const writer: Writer<Item> = async (records) => Promise.all(records.map(({ body }) => answer(body.id)))
  return writer
}

/** Creates a worker with a watched handler and a mapping in memory. */
function setUp(shape: Shape, answer: Answer, { threshold = 2, hold = false, timeout = 10_000 } = {}) {
  const mapping = memorySwitch()
  let now = 0
  let left = 0
  const clock: Clock = {
    now: () => now,
    // A longer sleep is the end of the invocation, which no test reaches.
    sleep: (ms) => {
      if (ms > 2000) return new Promise(() => undefined)
      now += ms
      return Promise.resolve()
    },
  }
  const { watch } = breaker({ switch: mapping, threshold, logger: quiet, random: () => 0 })
  const handler = batch(item, watch(handlerOf(shape, answer)), {
    onError: (error) => retry({ cause: error, unavailable: isUnavailable(error) }),
    hold,
    ...(hold && { clock, random: () => 0.5 }),
    logger: quiet,
  })
  return {
    mapping,
    /** The remaining milliseconds at the end of the last invocation. */
    left: () => left,
    async invoke(records: readonly SourceRecord[]) {
      const startedAt = now
      const source = { records, park: async () => undefined, delay: async () => undefined }
      const context = { getRemainingTimeInMillis: () => timeout - (now - startedAt) }
      const results = await handler({ source }, context)
      left = context.getRemainingTimeInMillis()
      return results.map(({ status }) => status)
    },
  }
}

describe.each<Shape>(['each record', 'a whole batch'])('watching %s', (shape) => {
  it('opens after a number of batches in which every record returned because of an outage', async () => {
    const { mapping, invoke } = setUp(shape, async () => Promise.reject(refused()))
    const records = [await recordOf('a'), await recordOf('b')]
    expect(await invoke(records)).toStrictEqual(['rejected', 'rejected'])
    expect(mapping.now.state).toBe('enabled')
    await invoke(records)
    expect(mapping.now.state).toBe('disabled')
  })

  it('stays closed while one record of each batch is parked, and resets the count', async () => {
    const answers: Record<string, Outcome> = {
      a: retry({ cause: down() }),
      c: park({ code: 'X', detail: 'y' }),
    }
    const { mapping, invoke } = setUp(shape, (id) => answers[id] as Outcome)
    const [a, c] = [await recordOf('a'), await recordOf('c')]
    for (const records of [[a], [a, c], [a], [a, c], [a]]) await invoke(records)
    expect(mapping.now.state).toBe('enabled')
    await invoke([a])
    expect(mapping.now.state).toBe('disabled')
  })

  it('stays closed while other records are done, because only a part is down', async () => {
    const answer = (id: string) => (id === 'a' ? retry({ cause: down() }) : done())
    const { mapping, invoke } = setUp(shape, answer)
    const [a, b] = [await recordOf('a'), await recordOf('b')]
    for (const records of [[a], [a, b], [a], [a], [a]]) await invoke(records)
    expect(mapping.now.state).toBe('enabled')
  })

  it('ignores a record without a message, and records that wait behind another', async () => {
    const { mapping, invoke } = setUp(shape, () => retry({ cause: down() }), { threshold: 1 })
    const unreadable = { id: 'm-x', lane: 'x', receiveCount: 1, body: 'no envelope' }
    expect(await invoke([unreadable])).toStrictEqual(['fulfilled'])
    expect(mapping.now.state).toBe('enabled')
    await invoke([await recordOf('a', 'one'), await recordOf('b', 'one'), unreadable])
    expect(mapping.now.state).toBe('disabled')
  })

  it('counts a batch once, even if it is retried while it is held, and leaves time to open', async () => {
    let tries = 0
    const answer = () => {
      tries++
      return retry({ cause: down() })
    }
    const { mapping, invoke, left } = setUp(shape, answer, { hold: true, threshold: 2 })
    const records = [await recordOf('a')]
    await invoke(records)
    expect(tries).toBeGreaterThan(3)
    // The deadline guard, and two seconds for the calls that open the breaker.
    expect(left()).toBeGreaterThan(3000)
    expect(mapping.now.state).toBe('enabled')
    await invoke(records)
    expect(mapping.now.state).toBe('disabled')
  })
})

it('watches for two mappings', async () => {
  const [one, two] = [memorySwitch(), memorySwitch()]
  const outer = breaker({ switch: one, threshold: 1, logger: quiet, random: () => 0 }).watch
  const inner = breaker({ switch: two, threshold: 1, logger: quiet, random: () => 0 }).watch
  const handle = eachRecord<Item>(() => retry({ unavailable: true }))
  const handler = batch(item, outer(inner(handle)), { hold: false, logger: quiet })
  const source = { records: [await recordOf('a')], park: async () => undefined, delay: async () => undefined }
  await handler({ source }, { getRemainingTimeInMillis: () => 5000 })
  expect([one.now.state, two.now.state]).toStrictEqual(['disabled', 'disabled'])
})
