import type { SendResult, TimeLimit } from '@spillway/message'
import { createSemaphore, type PackWatcher } from '@spillway/transport'
import { describe, expect, it } from 'vitest'
import { createCoalescer } from './coalescer.ts'
import { maxBytes, type PackedMessage } from './pack.ts'
import { virtualClock } from './testing/virtual-clock.ts'

const accepted: SendResult = { status: 'accepted' }
const refused: SendResult = { status: 'rejected', code: 'X', detail: 'x', retryable: false }

function message(key: string, bytes = 10, group?: string): PackedMessage {
  return { index: 0, message: { key, group, body: key }, bytes }
}

/** A limit without an end of its own. */
function limit(remaining = Number.POSITIVE_INFINITY): TimeLimit & { abort(): void } {
  const controller = new AbortController()
  return {
    signal: controller.signal,
    remainingTime: () => remaining,
    abort: () => controller.abort(),
  }
}

interface Pack {
  readonly at: number
  readonly keys: readonly string[]
  readonly limit: TimeLimit
  readonly watcher: PackWatcher
  answer(results: readonly SendResult[]): void
  fail(error: Error): void
}

function setUp({ maxWait = 5, fifo = false, places = 50 } = {}) {
  const clock = virtualClock()
  const packs: Pack[] = []
  const coalescer = createCoalescer({
    maxWait,
    fifo,
    clock,
    semaphore: createSemaphore(places),
    send: (messages, limit, watcher) =>
      new Promise((answer, fail) => {
        const keys = messages.map(({ message }) => message.key)
        packs.push({ at: clock.now(), keys, limit, watcher, answer, fail })
      }),
  })
  /** One call of one message; its result once there is one. */
  function call(packed: PackedMessage, own: TimeLimit = limit()) {
    const state: { result?: SendResult | undefined } = {}
    void coalescer.send([packed], own).then((results) => {
      state.result = results.get(packed.index)
    })
    return state
  }
  const keys = () => packs.map((pack) => pack.keys)
  return { clock, packs, keys, coalescer, call }
}

describe('gathering', () => {
  it('sends what came within the wait together, and gives each call its own result', async () => {
    const { clock, packs, call } = setUp()
    const a = call(message('a'))
    await clock.advance(4)
    const b = call(message('b'))
    await clock.advance(0.5)
    expect(packs).toHaveLength(0)
    await clock.advance(1)
    expect(packs).toMatchObject([{ at: 5, keys: ['a', 'b'] }])
    packs[0]?.answer([accepted, refused])
    await clock.advance(0)
    expect([a.result, b.result]).toStrictEqual([accepted, refused])
  })

  it('sends ten at once', async () => {
    const { clock, packs, call } = setUp()
    for (let n = 0; n < 12; n++) call(message(`m${n}`))
    await clock.advance(0)
    expect(packs).toMatchObject([{ at: 0, keys: Array.from({ length: 10 }, (_, n) => `m${n}`) }])
    await clock.advance(5)
    expect(packs[1]).toMatchObject({ at: 5, keys: ['m10', 'm11'] })
  })

  it('sends what is there before a message that does not fit beside it', async () => {
    const { clock, packs, call } = setUp()
    call(message('a', maxBytes - 10))
    call(message('b', 10))
    call(message('c', 1))
    await clock.advance(0)
    expect(packs).toMatchObject([{ at: 0, keys: ['a', 'b'] }])
    await clock.advance(5)
    expect(packs[1]).toMatchObject({ at: 5, keys: ['c'] })
  })

  it('splits the messages of one call where a request is full', async () => {
    const { clock, packs, coalescer } = setUp()
    const all = Array.from({ length: 9 }, (_, index) => ({ ...message(`a${index}`), index }))
    const results = Promise.all([coalescer.send(all, limit()), coalescer.send(all, limit())])
    await clock.advance(5)
    expect(packs.map((pack) => pack.keys.length)).toStrictEqual([10, 8])
    packs[0]?.answer(new Array(10).fill(accepted))
    packs[1]?.answer(new Array(8).fill(refused))
    const [first, second] = await results
    expect([...first.values()]).toStrictEqual(new Array(9).fill(accepted))
    expect([...second.values()]).toStrictEqual([accepted, ...new Array(8).fill(refused)])
  })

  it('answers nothing for nothing', async () => {
    expect((await setUp().coalescer.send([], limit())).size).toBe(0)
  })
})

describe('a semaphore without a free place', () => {
  it('has packs wait, and fill up with what comes meanwhile', async () => {
    const { clock, packs, keys, call } = setUp({ places: 1 })
    call(message('a'))
    await clock.advance(5)
    for (let n = 0; n < 23; n++) {
      call(message(`m${n}`))
      await clock.advance(5)
    }
    expect(keys()).toStrictEqual([['a']])
    packs[0]?.answer([accepted])
    await clock.advance(0)
    expect(packs[1]?.keys).toStrictEqual(Array.from({ length: 10 }, (_, n) => `m${n}`))
    packs[1]?.answer(new Array(10).fill(accepted))
    await clock.advance(0)
    call(message('last'))
    packs[2]?.answer(new Array(10).fill(accepted))
    await clock.advance(0)
    // It need not wait for company: there is some.
    expect(packs[3]?.keys).toStrictEqual(['m20', 'm21', 'm22', 'last'])
  })

  it('has what comes after it opened wait for company as before', async () => {
    const { clock, packs, keys, call } = setUp({ places: 1 })
    call(message('a'))
    await clock.advance(5)
    call(message('b'))
    await clock.advance(5)
    packs[0]?.answer([accepted])
    await clock.advance(0)
    packs[1]?.answer([accepted])
    call(message('c'))
    await clock.advance(4)
    expect(keys()).toStrictEqual([['a'], ['b']])
    await clock.advance(1)
    expect(keys()).toStrictEqual([['a'], ['b'], ['c']])
  })

  it('leaves behind whose call gave up: it was never sent', async () => {
    const { clock, packs, keys, call } = setUp({ places: 1, fifo: true })
    call(message('a', 1, 'g'))
    await clock.advance(5)
    const impatient = limit()
    const late = call(message('b', 1, 'g'), impatient)
    call(message('c', 1, 'other'))
    await clock.advance(5)
    impatient.abort()
    await clock.advance(0)
    expect(late.result).toMatchObject({ detail: expect.stringContaining('no time was left') })
    packs[0]?.answer([accepted])
    await clock.advance(0)
    expect(keys()).toStrictEqual([['a'], ['c']])
    // Nothing of the group is under way, so nothing has to be waited for.
    packs[1]?.answer([accepted])
    call(message('d', 1, 'g'))
    await clock.advance(5)
    expect(keys().at(-1)).toStrictEqual(['d'])
  })
})

describe('the time of a call', () => {
  it('ends for that call only', async () => {
    const { clock, packs, call } = setUp()
    const impatient = limit()
    const a = call(message('a'), impatient)
    const b = call(message('b'))
    await clock.advance(5)
    impatient.abort()
    await clock.advance(0)
    expect(a.result).toMatchObject({ status: 'rejected', code: 'SPILLWAY_SEND_FAILED', retryable: true })
    expect(b.result).toBeUndefined()
    // Its message is under way and is not sent again; the other one's request goes on.
    expect(packs[0]?.limit.signal.aborted).toBe(false)
    expect([packs[0]?.watcher.isWanted(0), packs[0]?.watcher.isWanted(1)]).toStrictEqual([false, true])
    packs[0]?.answer([accepted, accepted])
    await clock.advance(0)
    expect(b.result).toStrictEqual(accepted)
  })

  it('takes a message along only while its call waits', async () => {
    const { clock, keys, call } = setUp()
    const impatient = limit()
    call(message('a'), impatient)
    call(message('b'))
    impatient.abort()
    await clock.advance(5)
    expect(keys()).toStrictEqual([['b']])
  })

  it('is the longest for the request', async () => {
    const { clock, packs, call } = setUp()
    const patient = limit(9000)
    call(message('a'), limit(2000))
    call(message('b'), patient)
    await clock.advance(5)
    expect(packs[0]?.limit.remainingTime()).toBe(9000)
    patient.abort()
    await clock.advance(0)
    expect(packs[0]?.limit.remainingTime()).toBe(2000)
  })

  it('is over for a call that comes too late', async () => {
    const { clock, packs, call } = setUp()
    const late = call(message('a'), limit(200))
    await clock.advance(5)
    expect(late.result).toMatchObject({ status: 'rejected', retryable: true })
    expect(packs).toHaveLength(0)
  })

  it('is not spent on waiting when there is little of it', async () => {
    const { clock, packs, call } = setUp()
    call(message('a'), limit(254))
    await clock.advance(0)
    expect(packs).toMatchObject([{ at: 0, keys: ['a'] }])
  })

  it('ends by itself', async () => {
    const { coalescer } = setUp({ maxWait: 1000 })
    const startedAt = performance.now()
    const own: TimeLimit = {
      signal: new AbortController().signal,
      remainingTime: () => 1300 - (performance.now() - startedAt),
    }
    const results = await coalescer.send([message('a')], own)
    expect(results.get(0)).toMatchObject({ status: 'rejected', retryable: true })
  })
})

describe('a result', () => {
  it('is given as soon as it is known', async () => {
    const { clock, packs, call } = setUp()
    const a = call(message('a'))
    const b = call(message('b'))
    await clock.advance(5)
    packs[0]?.watcher.settle(1, accepted)
    await clock.advance(0)
    expect([a.result, b.result]).toStrictEqual([undefined, accepted])
  })

  it('is a rejection when sending throws or leaves it out', async () => {
    const { clock, packs, call } = setUp()
    const a = call(message('a'))
    await clock.advance(5)
    packs[0]?.fail(new Error('broken'))
    await clock.advance(0)
    expect(a.result).toMatchObject({ status: 'rejected', retryable: true })
    const b = call(message('b'))
    await clock.advance(5)
    packs[1]?.answer([])
    await clock.advance(0)
    expect(b.result).toMatchObject({ status: 'rejected', retryable: true })
  })
})

describe('a FIFO queue', () => {
  it('does not let a later call overtake a message that is still under way', async () => {
    const { clock, packs, keys, call } = setUp({ fifo: true })
    const impatient = limit()
    call(message('a1', 1, 'a'), impatient)
    call(message('b1', 1, 'b'))
    await clock.advance(5)
    impatient.abort()
    await clock.advance(0)
    const next = call(message('a2', 1, 'a'))
    call(message('b2', 1, 'b'))
    await clock.advance(50)
    expect(keys()).toStrictEqual([['a1', 'b1'], ['b2']])
    packs[0]?.answer([accepted, accepted])
    await clock.advance(5)
    expect(keys()).toStrictEqual([['a1', 'b1'], ['b2'], ['a2']])
    packs[2]?.answer([accepted])
    await clock.advance(0)
    expect(next.result).toStrictEqual(accepted)
  })

  it('gives up a call that waits for such a message too long', async () => {
    const { clock, keys, call } = setUp({ fifo: true })
    const [first, second] = [limit(), limit()]
    call(message('a1', 1, 'a'), first)
    await clock.advance(5)
    first.abort()
    await clock.advance(0)
    const later = call(message('a2', 1, 'a'), second)
    await clock.advance(5)
    second.abort()
    await clock.advance(5)
    expect(later.result).toMatchObject({ status: 'rejected', retryable: true })
    expect(keys()).toStrictEqual([['a1']])
  })
})
