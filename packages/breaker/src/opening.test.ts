import { batch } from '@spillway/batch'
import { defineMessage, done, type Outcome, retry, type TimeLimit, type Writer } from '@spillway/message'
import { envelopeOf } from '@spillway/message/testing'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { virtualClock } from '../../sqs/src/testing/virtual-clock.ts'
import { breaker, type EventSourceSwitch } from './index.ts'
import { memorySwitch } from './testing/memory-switch.ts'

// These tests show when a held batch opens the breaker. Each sets the time of the clock.

const item = defineMessage({ name: 'item', schema: z.object({ id: z.string() }), key: ({ id }) => id })
const down = retry({ unavailable: true })
const throttled = () => Object.assign(new Error('Rate exceeded'), { name: 'TooManyRequestsException' })

interface Settings {
  readonly timeout?: number
  readonly threshold?: number
  /** How many milliseconds each call of the switch takes. */
  readonly latency?: number
  readonly random?: number
}

/** Creates one environment of a worker whose mapping answers slowly. */
function setUp({ timeout = 30_000, threshold = 1, latency = 100, random = 0 }: Settings = {}) {
  const clock = virtualClock()
  const memory = memorySwitch()
  const calls: { readonly at: number; readonly what: string }[] = []
  const state = { outcome: down as Outcome, throttles: 0 }
  async function call<Value>(what: string, limit: TimeLimit, run: () => Promise<Value>): Promise<Value> {
    calls.push({ at: clock.now(), what })
    await clock.sleep(latency, limit.signal)
    limit.signal.throwIfAborted()
    if (state.throttles-- > 0) throw throttled()
    return run()
  }
  const mapping: EventSourceSwitch = {
    read: (limit) => call('read', limit, () => memory.read(limit)),
    change: (change, limit) => call('change', limit, () => memory.change(change, limit)),
    note: (notes, limit) => call('note', limit, () => memory.note(notes, limit)),
  }
  const lines: string[] = []
  const line = (text: string) => void lines.push(text)
  const { watch } = breaker({
    switch: mapping,
    threshold,
    clock,
    random: () => random,
    logger: { info: line, warn: line, error: line },
  })
  const writer: Writer<{ id: string }> = async (records) => records.map(() => state.outcome)
  const handler = batch(item, watch(writer), {
    clock,
    random: () => 0.5,
    logger: { info() {}, warn() {}, error() {} },
  })
  return {
    clock,
    state,
    calls,
    lines,
    now: () => memory.now.state,
    off: () => memory.changes.length,
    /** Begins an invocation. */
    async begin() {
      const body = await envelopeOf(item, { id: 'a' })
      const records = [{ id: 'm', lane: 'a', receiveCount: 1, body }]
      const source = { records, park: async () => undefined, delay: async () => undefined }
      const ends = clock.now() + timeout
      const run = { ended: false }
      const end = () => {
        run.ended = true
      }
      void handler({ source }, { getRemainingTimeInMillis: () => ends - clock.now() }).then(end, end)
      return run
    },
  }
}

async function advance(clock: ReturnType<typeof virtualClock>, ms: number) {
  for (let passed = 0; passed < ms; passed += 50) await clock.advance(50)
}

it('opens about ten seconds before the end of a held batch, and not earlier', async () => {
  const { clock, begin, now } = setUp({ latency: 500 })
  const run = await begin()
  await advance(clock, 19_000)
  expect(now()).toBe('enabled')
  await advance(clock, 4000)
  expect(now()).toBe('disabled')
  expect(run.ended).toBe(false)
})

it('makes four calls to open, and one to check the result', async () => {
  const { clock, begin, calls } = setUp()
  const run = await begin()
  await advance(clock, 30_000)
  expect(run.ended).toBe(true)
  expect(calls.map(({ what }) => what)).toEqual(['read', 'note', 'read', 'change', 'read'])
})

it('opens after a third of the time when the time is short', async () => {
  const { clock, begin, now } = setUp({ timeout: 3000 })
  await begin()
  await advance(clock, 700)
  expect(now()).toBe('enabled')
  await advance(clock, 1000)
  expect(now()).toBe('disabled')
})

it('opens during the batch that reaches the threshold, while it is held', async () => {
  const { clock, begin, now } = setUp({ threshold: 3 })
  for (let count = 0; count < 2; count++) {
    const run = await begin()
    await advance(clock, 30_000)
    expect([run.ended, now()]).toEqual([true, 'enabled'])
  }
  await begin()
  await advance(clock, 21_000)
  expect(now()).toBe('disabled')
})

it('opens at the start of the next batch when the time was too short', async () => {
  const { clock, begin, now, lines } = setUp({ timeout: 3000, latency: 600 })
  const run = await begin()
  await advance(clock, 3000)
  expect([run.ended, now()]).toEqual([true, 'enabled'])
  expect(lines).toEqual(['breaker: the event source mapping could not be switched off'])
  await begin()
  await advance(clock, 2500)
  expect(now()).toBe('disabled')
})

it('continues after its note in the next batch when no batch has time for all calls', async () => {
  const { clock, begin, now, calls } = setUp({ timeout: 3000, latency: 1000 })
  for (let batches = 0; batches < 3; batches++) {
    await begin()
    await advance(clock, 3000)
  }
  expect(now()).toBe('disabled')
  // The first batch has no time for the note, the second has, and the third does not write it again.
  const made = calls.map(({ what }) => what).filter((what) => what !== 'read')
  expect(made).toEqual(['note', 'note', 'change'])
})

it('leaves the mapping on when the last outage was a minute ago', async () => {
  const { clock, begin, calls, state } = setUp({ timeout: 3000, latency: 600 })
  await begin()
  await advance(clock, 3000)
  const before = calls.length
  state.outcome = done()
  await advance(clock, 61_000)
  await begin()
  await advance(clock, 3000)
  expect(calls).toHaveLength(before)
})

it('leaves the mapping on when the database answers while it is being opened', async () => {
  const { clock, begin, now, state, lines, calls } = setUp({ latency: 1000 })
  const run = await begin()
  await advance(clock, 20_000)
  expect(calls.length).toBeGreaterThan(0)
  state.outcome = done()
  await advance(clock, 2500)
  expect([run.ended, now()]).toEqual([true, 'enabled'])
  expect(lines).toEqual(['breaker: the database answers again, so the mapping stays on'])
})

it('does not begin to open when the batch ends earlier', async () => {
  const { clock, begin, calls, state } = setUp()
  const run = await begin()
  await advance(clock, 10_000)
  state.outcome = done()
  await advance(clock, 20_000)
  expect(run.ended).toBe(true)
  expect(calls).toEqual([])
})

it('retries throttled calls with increasing pauses', async () => {
  const { clock, begin, calls, state, off, lines } = setUp({ random: 0.999 })
  state.throttles = 3
  await begin()
  await advance(clock, 30_000)
  expect(off()).toBe(1)
  const reads = calls.slice(0, 4).map(({ at }) => at)
  const waits = reads.slice(1).map((at, index) => at - (reads[index] ?? 0) - 100)
  // Rounded down by a random number just below 1.
  expect(waits).toEqual([1000, 1999, 3998])
  expect(lines).toEqual([expect.stringContaining('breaker: open')])
})

it('waits for a random time in each environment', async () => {
  const firsts: number[] = []
  for (const random of [0, 0.25, 0.5, 0.75]) {
    const { clock, begin, calls } = setUp({ random })
    await begin()
    await advance(clock, 30_000)
    firsts.push(calls[0]?.at ?? Number.NaN)
  }
  expect(firsts.map((at) => at - (firsts[0] ?? 0))).toEqual([0, 500, 1000, 1500])
})

it('does not delay a finished batch when the switch never answers', async () => {
  const clock = virtualClock()
  const never = () => new Promise<never>(() => undefined)
  const { watch } = breaker({
    switch: { read: never, change: never, note: never },
    threshold: 1,
    clock,
    random: () => 0,
    logger: { info() {}, warn() {}, error() {} },
  })
  let outcome: Outcome = down
  const write = watch((async () => [outcome]) as Writer)
  const record = { name: 'i', version: 1, key: 'k', time: new Date(0), receiveCount: 1, lane: 'k', body: 1 }
  const limit = () => ({ signal: new AbortController().signal, remainingTime: () => 5000 })
  void write([record], limit())
  await clock.advance(0)
  outcome = done()
  expect(await write([record], limit())).toEqual([done()])
})
