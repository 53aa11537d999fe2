import {
  done,
  type MessageRecord,
  type Outcome,
  park,
  retry,
  type SourceRecord,
  type Writer,
} from '@spillway/message'
import { describe, expect, it } from 'vitest'
import { batch, eachRecord, type Route, route } from './index.ts'
import { drivenClock } from './testing/driven-clock.ts'
import { audit, decodeWords, order, recordOf, refund } from './testing/routed-records.ts'
import { silent, virtualRun } from './testing/virtual-run.ts'

// Lanes go on by themselves: what one of them waits for holds up no other.

type Message = MessageRecord<{ id: string }>

/** Says what was begun, and lets the test say when each is over. */
function deferring() {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const wait = (key: string) => {
    begun.push(key)
    return new Promise<void>((resolve) => void ends.set(key, resolve))
  }
  return {
    begun,
    each: (concurrency = 10) =>
      eachRecord<{ id: string }>(
        async ({ key }) => {
          await wait(key)
          return done()
        },
        { concurrency },
      ),
    writer: (async (messages) => {
      await wait(messages.map(({ key }) => key).join('+'))
      return messages.map(() => done())
    }) satisfies Writer<{ id: string }>,
    end(key: string) {
      ends.get(key)?.()
      return turn()
    },
  }
}

/** Lets everything run that waits for nothing but its turn. */
async function turn() {
  for (let count = 0; count < 3; count++) await new Promise((resolve) => setImmediate(resolve))
}

const context = { getRemainingTimeInMillis: () => 60_000 }
const quiet = { logger: silent }

function invoke(routes: readonly Route[], records: readonly SourceRecord[], change: object = {}) {
  const source = { records, park: async () => undefined, delay: async () => undefined, ...change }
  const settled = batch(routes, quiet)({ source }, context)
  return settled.then((results) => results.map(({ status }) => status === 'fulfilled'))
}

const inLane = (lane: string) => ({ lane })

describe('lanes of several messages', () => {
  it('go on while a record of another message is slow', async () => {
    const { begun, each, end } = deferring()
    const records = [
      recordOf(order, 'a1', inLane('a')),
      recordOf(refund, 'b1', inLane('b')),
      recordOf(refund, 'a2', inLane('a')),
      recordOf(order, 'b2', inLane('b')),
      recordOf(order, 'b3', inLane('b')),
    ]
    const answer = invoke([route(order, each()), route(refund, each())], records)
    await turn()
    expect(begun).toStrictEqual(['a1', 'b1'])
    await end('b1')
    await end('b2')
    await end('b3')
    // The lane of b is over, and that of a is still at its first record.
    expect(begun).toStrictEqual(['a1', 'b1', 'b2', 'b3'])
    await end('a1')
    expect(begun.at(-1)).toBe('a2')
    await end('a2')
    expect(await answer).toStrictEqual([true, true, true, true, true])
  })

  it('go on while a writer of another message is slow', async () => {
    const { begun, each, writer, end } = deferring()
    const records = [
      recordOf(order, 'a1', inLane('a')),
      recordOf(refund, 'b1', inLane('b')),
      recordOf(order, 'c1', inLane('c')),
      recordOf(refund, 'b2', inLane('b')),
      recordOf(order, 'b3', inLane('b')),
      recordOf(order, 'c2', inLane('c')),
    ]
    const answer = invoke([route(order, writer), route(refund, each())], records)
    await turn()
    expect(begun).toStrictEqual(['b1', 'a1+c1'])
    await end('b1')
    await end('b2')
    expect(begun).toStrictEqual(['b1', 'a1+c1', 'b2'])
    await end('a1+c1')
    // One call at a time, with all that came meanwhile.
    expect(begun.at(-1)).toBe('b3+c2')
    await end('b3+c2')
    expect(await answer).not.toContain(false)
  })

  it('give a handler no more records at once than its concurrency, whatever lanes they are of', async () => {
    const { begun, each, end } = deferring()
    const records = ['a', 'b', 'c', 'd'].map((id) => recordOf(order, id))
    const answer = invoke([route(order, each(2))], records)
    await turn()
    expect(begun).toStrictEqual(['a', 'b'])
    await end('b')
    expect(begun).toStrictEqual(['a', 'b', 'c'])
    for (const key of ['a', 'c', 'd']) await end(key)
    expect(await answer).not.toContain(false)
  })

  it('go on while a text of another lane is fetched, or its schema takes long', async () => {
    const { begun, each, writer, end } = deferring()
    const slow = Promise.withResolvers<string>()
    const validated = Promise.withResolvers<void>()
    const asynchronous = {
      ...refund,
      schema: refund.schema.refine(async ({ id }) => {
        if (id === 'b') await validated.promise
        return true
      }),
    }
    const load = () => slow.promise
    const { body } = recordOf(order, 'a')
    const records = [
      recordOf(order, 'a', { load, loadBytes: 5 }),
      recordOf(refund, 'b'),
      recordOf(refund, 'c'),
      recordOf(audit, 'd'),
      recordOf(audit, 'e', inLane('lane of d')),
    ]
    const routes = [route(order, writer), route(asynchronous, writer), route(audit, each())]
    const answer = invoke(routes, records)
    await turn()
    expect(begun.toSorted()).toStrictEqual(['c', 'd'])
    await end('d')
    await end('e')
    slow.resolve(body)
    await turn()
    validated.resolve()
    await turn()
    await end('c')
    expect(begun.at(-1)).toBe('a+b')
    await end('a+b')
    expect(await answer).not.toContain(false)
  })

  it('go on while a copy of another lane is parked', async () => {
    const { begun, each, end } = deferring()
    const copied = Promise.withResolvers<void>()
    const writer = async (messages: readonly Message[]) =>
      messages.map(({ key }) => (key === 'a' ? park({ code: 'NO', detail: 'no' }) : done()))
    const records = [
      recordOf(order, 'a', inLane('a')),
      recordOf(order, 'b', inLane('b')),
      recordOf(refund, 'a2', inLane('a')),
      recordOf(refund, 'b2', inLane('b')),
    ]
    const answer = invoke([route(order, writer), route(refund, each())], records, {
      park: () => copied.promise,
    })
    await turn()
    expect(begun).toStrictEqual(['b2'])
    copied.resolve()
    await turn()
    expect(begun).toStrictEqual(['b2', 'a2'])
    await end('a2')
    await end('b2')
    expect(await answer).not.toContain(false)
  })

  it('are one call of a writer where nothing has to wait', async () => {
    const calls: number[] = []
    const writer = async (messages: readonly Message[]) => {
      calls.push(messages.length)
      return messages.map(() => done())
    }
    const definitions = Array.from({ length: 10 }, (_, index) => ({ ...order, name: `message ${index}` }))
    const records = Array.from({ length: 1000 }, (_, index) =>
      recordOf(definitions[index % 10] ?? order, `${index}`),
    )
    const answer = await invoke(
      definitions.map((definition) => route(definition, async (messages) => writer(messages))),
      records,
    )
    expect(answer).toHaveLength(1000)
    expect(answer).not.toContain(false)
    expect(calls).toStrictEqual(Array(10).fill(100))
  })
})

/** Notes what is written, and fails as told. */
function noting(outcomeOf: (message: Message) => Outcome = done) {
  const keys: string[] = []
  const write = async (messages: readonly Message[]) => {
    keys.push(...messages.map(({ key }) => key))
    return messages.map(outcomeOf)
  }
  return { keys, write }
}

describe('a route that is down', () => {
  const down = () => retry({ unavailable: true })

  it('has its own messages held and tried again, while the others are done once', async () => {
    let tries = 0
    const orders = noting(() => (++tries < 3 ? down() : done()))
    const refunds = noting()
    const handler = [route(order, orders.write), route(refund, refunds.write)]
    const { failed, took } = await virtualRun({
      records: [recordOf(order, 'o'), recordOf(refund, 'r')],
      handler,
    })
    expect([failed, orders.keys, refunds.keys]).toStrictEqual([[], ['o', 'o', 'o'], ['r']])
    expect(took).toBe(225)
  })

  it.each([
    ['writer', noting(down).write],
    ['handler of records', eachRecord<{ id: string }>(down)],
  ])('is held for no more than a second where others are done: a %s', async (_, broken) => {
    const refunds = noting()
    const { failed, took, delayed } = await virtualRun({
      records: [recordOf(order, 'o'), recordOf(refund, 'r')],
      handler: [route(order, broken), route(refund, refunds.write)],
    })
    expect([failed, refunds.keys]).toStrictEqual([['o'], ['r']])
    expect(Object.keys(delayed)).toStrictEqual(['o'])
    expect(took).toBeLessThanOrEqual(1000)
  })

  it('is held as long as time remains where nothing else is done', async () => {
    const { failed, took } = await virtualRun({
      records: [recordOf(order, 'o'), recordOf(refund, 'r')],
      handler: [route(order, noting(down).write), route(refund, eachRecord<{ id: string }>(down))],
    })
    expect(failed).toStrictEqual(['o', 'r'])
    expect(took).toBeGreaterThan(20_000)
  })

  it('is tried with one record more after each wait, then with all', async () => {
    const clock = drivenClock()
    const begunAt: number[] = []
    let running = 0
    let most = 0
    const orders = eachRecord<{ id: string }>(
      async () => {
        const isUp = clock.now() >= 800
        begunAt.push(clock.now())
        running += 1
        most = Math.max(most, running)
        await clock.sleep(10)
        running -= 1
        return isUp ? done() : down()
      },
      { concurrency: 5 },
    )
    const records = Array.from({ length: 20 }, (_, index) => recordOf(order, `${index}`))
    const { failed } = await virtualRun({ records, handler: [route(order, orders)], clock })
    const calls = Map.groupBy(begunAt, (at) => at)
    // Four were begun before the first five were known to fail. Waits of three quarters of 100, 200, 400 and 800 ms.
    expect([...calls].map(([at, all]) => `${at}: ${all.length}`)).toStrictEqual([
      '0: 5',
      '10: 4',
      '95: 1',
      '255: 1',
      '265: 1',
      '575: 1',
      '585: 1',
      '595: 1',
      '1205: 1',
      '1215: 5',
      '1225: 5',
      '1235: 5',
      '1245: 4',
    ])
    expect([failed, most]).toStrictEqual([[], 5])
  })

  it('brings back what stands behind its records in a lane, and that alone', async () => {
    const refunds = noting()
    const { failed } = await virtualRun({
      records: [
        recordOf(order, 'a1', inLane('a')),
        recordOf(refund, 'a2', inLane('a')),
        recordOf(refund, 'b1', inLane('b')),
        recordOf(order, 'b2', inLane('b')),
        recordOf(refund, 'b3', inLane('b')),
      ],
      handler: [route(order, noting(down).write), route(refund, refunds.write)],
      options: { hold: false },
    })
    expect(failed).toStrictEqual(['a1', 'a2', 'b2', 'b3'])
    expect(refunds.keys).toStrictEqual(['b1'])
  })
})

describe('a handler of one of several messages that', () => {
  const handlers: [string, Writer<{ id: string }>][] = [
    [
      'throws at once',
      () => {
        throw new Error('no')
      },
    ],
    ['rejects', () => Promise.reject('no')],
    ['answers too few outcomes', async (messages) => messages.slice(1).map(() => done())],
    ['answers too many outcomes', async (messages) => [...messages, ...messages].map(() => done())],
    ['answers nothing', async () => undefined as never],
    ['answers something else', (() => 5) as never],
    ['answers a list with holes', async (messages) => new Array(messages.length)],
  ]

  it.each(handlers)('%s: only its own records are delivered again', async (_, broken) => {
    const refunds = noting()
    const records = [recordOf(order, 'o1'), recordOf(refund, 'r'), recordOf(order, 'o2')]
    const { failed, parked } = await virtualRun({
      records,
      handler: [route(order, broken), route(refund, refunds.write)],
    })
    expect([failed, parked, refunds.keys]).toStrictEqual([['o1', 'o2'], [], ['r']])
  })

  it.each(handlers)('%s, as `otherwise`: only the others are delivered again', async (_, broken) => {
    const refunds = noting()
    const { failed, parked } = await virtualRun({
      records: [recordOf(order, 'o1'), recordOf(refund, 'r'), recordOf(audit, 'x')],
      handler: [route(refund, refunds.write)],
      options: { otherwise: broken as Writer<unknown> },
    })
    expect([failed, parked, refunds.keys]).toStrictEqual([['o1', 'x'], [], ['r']])
  })

  it('is two routes gets all their records in one call', async () => {
    const calls: string[][] = []
    const both = async (messages: readonly Message[]) => {
      calls.push(messages.map(({ name, key }) => `${name} ${key}`))
      return messages.map(() => done())
    }
    await virtualRun({
      records: [recordOf(order, 'a'), recordOf(refund, 'b')],
      handler: [route(order, both), route(refund, both)],
    })
    expect(calls).toStrictEqual([['order a', 'refund b']])
  })
})

describe('several messages of a stream', () => {
  it('park a record only once nothing before it comes back, and go on behind it in its lane', async () => {
    const orders = noting(({ key }) => (key === 'p' ? park({ code: 'NO', detail: 'no' }) : done()))
    const refunds = noting()
    const records = [
      recordOf(refund, 'slow', inLane('a')),
      recordOf(order, 'p', inLane('b')),
      recordOf(refund, 'after', inLane('b')),
    ]
    const run = {
      records,
      checkpoint: true,
      handler: [route(order, orders.write), route(refund, refunds.write)],
    }
    const { failed, parked } = await virtualRun(run)
    expect([failed, parked.map(({ id }) => id)]).toStrictEqual([[], ['p']])
    expect(refunds.keys).toStrictEqual(['slow', 'after'])
  })

  it('send no copy of what an earlier record of another message brings back', async () => {
    const run = {
      records: [recordOf(refund, 'r', inLane('a')), recordOf(order, 'p', inLane('b'))],
      checkpoint: true,
      handler: [
        route(order, noting(() => park({ code: 'NO', detail: 'no' })).write),
        route(refund, noting(() => retry()).write),
      ],
    }
    const { failed, parked } = await virtualRun(run)
    expect([failed, parked]).toStrictEqual([['r', 'p'], []])
  })
})

describe('versions of several messages', () => {
  it('are brought up each by the steps of its own definition', async () => {
    const orders = noting()
    const refunds = noting()
    const newer = {
      ...order,
      version: 2,
      upcast: { 1: (body: unknown) => ({ id: `${Object(body).id} of order` }) },
    }
    const latest = {
      ...refund,
      version: 3,
      upcast: { 2: (body: unknown) => ({ id: `${Object(body).id} of refund` }) },
    }
    const { failed, parked } = await virtualRun({
      records: [
        recordOf(order, 'a'),
        recordOf({ ...refund, version: 2 }, 'b'),
        // No step leads from it.
        recordOf(refund, 'c'),
        // It waits for a deploy.
        recordOf({ ...order, version: 3 }, 'd'),
      ],
      handler: [
        route(newer, async (messages) =>
          orders.write(messages.map(({ body, ...rest }) => ({ ...rest, body, key: body.id }))),
        ),
        route(latest, async (messages) =>
          refunds.write(messages.map(({ body, ...rest }) => ({ ...rest, body, key: body.id }))),
        ),
      ],
    })
    expect([orders.keys, refunds.keys]).toStrictEqual([['a of order'], ['b of refund']])
    expect([failed, parked.map(({ id }) => id)]).toStrictEqual([['d'], ['c']])
  })
})

it('a text without a name goes to the only route, or to `otherwise` where there are several', async () => {
  const orders = noting()
  const names: string[] = []
  const source = { decode: decodeWords }
  const records = [recordOf(order, 'x', { body: 'no-name' })]
  await virtualRun({ records, source, handler: [route(order, orders.write)] })
  await virtualRun({
    records,
    source,
    handler: [route(order, orders.write), route(refund, orders.write)],
    options: {
      otherwise: async (messages) => {
        names.push(...messages.map(({ name }) => name))
        return messages.map(() => done())
      },
    },
  })
  expect([orders.keys, names]).toStrictEqual([['no-name'], ['']])
})
