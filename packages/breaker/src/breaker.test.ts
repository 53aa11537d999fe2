import {
  done,
  type MessageRecord,
  type Outcome,
  park,
  retry,
  SpillwayError,
  type Writer,
} from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { describe, expect, it } from 'vitest'
import { type BreakerOptions, breaker } from './index.ts'
import { memorySwitch } from './testing/memory-switch.ts'
import { timeLimit } from './testing/time-limit.ts'

const unavailable = () =>
  retry({ cause: new SpillwayError('SPILLWAY_DATABASE_UNAVAILABLE', 'The database is down.') })
const codeOnly = (code: string) => Object.assign(new Error('x'), { code })
const late = () => retry({ cause: new SpillwayError('SPILLWAY_DEADLINE', 'The time ran out.') })

const recordsFor = (outcomes: readonly unknown[]) =>
  outcomes.map((_, n): MessageRecord => {
    const key = `k${n}`
    return { name: 'item', version: 1, key, time: new Date(0), receiveCount: 1, lane: key, body: n }
  })

/** Creates a breaker for a mapping in memory. The test sets the outcomes of the writer and the time of the clock. */
function setUp(options: Partial<BreakerOptions> = {}) {
  const mapping = memorySwitch()
  const database = { isUp: false, checks: 0 }
  const lines: string[] = []
  const line = (text: string) => void lines.push(text)
  let now = 1_000_000
  const clock: Clock = { now: () => now, sleep: () => new Promise(() => undefined) }
  const settings = {
    switch: mapping,
    clock,
    random: () => 0,
    logger: { info: line, warn: line, error: line },
    async check() {
      database.checks += 1
      if (!database.isUp) throw new Error('refused')
    },
    ...options,
  }
  const { watch, probe } = breaker(settings)
  return {
    mapping,
    database,
    lines,
    probe,
    pass: (seconds: number) => {
      now += seconds * 1000
    },
    /** Creates a separate environment of the function. */
    environment() {
      let next: readonly Outcome[] = []
      const writer: Writer = async () => next
      const write = breaker(settings).watch(writer)
      return async (...outcomes: readonly Outcome[]) => {
        next = outcomes
        expect(await write(recordsFor(outcomes), timeLimit())).toBe(outcomes)
      }
    },
    watch,
  }
}

const off = { enabled: false, maximumConcurrency: 3 }

it('switches the mapping off after a number of consecutive batches whose records all returned', async () => {
  const { mapping, environment, lines } = setUp({ threshold: 3 })
  const write = environment()
  await write(unavailable())
  await write(unavailable(), unavailable())
  expect(mapping.now.state).toBe('enabled')
  await write(unavailable())
  expect(mapping.changes).toEqual([off])
  expect(lines).toEqual([expect.stringContaining('breaker: open')])
  await write(unavailable())
  for (let batch = 0; batch < 9; batch++) await write(unavailable())
  expect(mapping.changes).toHaveLength(1)
})

it.each<[string, Outcome[]]>([
  ['a record was done', [unavailable(), done()]],
  ['a record was parked', [unavailable(), park({ code: 'X', detail: 'x' })]],
  ['a record returned for another reason', [unavailable(), late()]],
  ['the batch was empty', []],
])('resets the count when %s', async (_, outcomes) => {
  const { mapping, environment } = setUp({ threshold: 2 })
  const write = environment()
  await write(unavailable())
  await write(...outcomes)
  await write(unavailable())
  expect(mapping.now.state).toBe('enabled')
  await write(unavailable())
  expect(mapping.now.state).toBe('disabled')
})

it('counts in each environment, and several may open at the same time', async () => {
  const { mapping, environment } = setUp({ threshold: 2 })
  const environments = Array.from({ length: 8 }, environment)
  await Promise.all(environments.map((write) => write(unavailable())))
  expect(mapping.now.state).toBe('enabled')
  await Promise.all(environments.map((write) => write(unavailable())))
  expect(mapping.now).toMatchObject({ state: 'disabled', maximumConcurrency: 3 })
})

it('keeps the outcomes when the mapping cannot be switched off, and retries with the next batch', async () => {
  const { mapping, environment, lines } = setUp({ threshold: 1 })
  const write = environment()
  mapping.fault = new Error('throttled')
  await write(unavailable())
  expect(mapping.now.state).toBe('enabled')
  expect(lines).toEqual(['breaker: the event source mapping could not be switched off'])
  await write(unavailable())
  expect(mapping.now.state).toBe('disabled')
})

it('passes on an error of the writer, and does not count a result that is not a list of outcomes', async () => {
  const { watch, mapping } = setUp({ threshold: 1 })
  const watched = (answer: () => Promise<unknown>) => watch(answer as Writer)(recordsFor([1, 2]), timeLimit())
  const thrown = new Error('mine')
  await expect(watched(() => Promise.reject(thrown))).rejects.toBe(thrown)
  expect(await watched(async () => undefined)).toBeUndefined()
  expect(await watched(async () => new Array(2))).toHaveLength(2)
  expect(await watched(async () => [unavailable()])).toHaveLength(1)
  expect(mapping.now.state).toBe('enabled')
})

describe('detects an outage as batch does, in', () => {
  const cause = unavailable().cause as SpillwayError
  it.each<[string, Outcome]>([
    ['a retry with `unavailable`', retry({ unavailable: true })],
    ['an error that wraps it', retry({ cause: new Error('the ORM', { cause }) })],
    ['an error that has only the code', retry({ cause: codeOnly(cause.code) })],
    ['one of several errors', retry({ cause: new AggregateError([new Error('x'), cause]) })],
  ])('%s', async (_, outcome) => {
    const { mapping, environment } = setUp({ threshold: 1 })
    await environment()(outcome, outcome)
    expect(mapping.now.state).toBe('disabled')
  })

  it('a writer that throws', async () => {
    const { mapping, watch } = setUp({ threshold: 1 })
    const write = watch((async () => Promise.reject(cause)) as Writer)
    await expect(write(recordsFor([1]), timeLimit())).rejects.toBe(cause)
    expect(mapping.now.state).toBe('disabled')
  })

  it.each<[string, Outcome]>([
    ['an outcome with `unavailable: false`', retry({ cause, unavailable: false })],
    ['a network error, which may concern only one record', retry({ cause: codeOnly('ENOTFOUND') })],
    ['a retry without a cause', retry()],
  ])('and detects none in %s', async (_, outcome) => {
    const { mapping, environment } = setUp({ threshold: 1 })
    await environment()(outcome)
    expect(mapping.now.state).toBe('enabled')
  })
})

it.each<[string, unknown]>([
  ['undefined', undefined],
  ['null', null],
  ['object', { kind: 'other' }],
  ['a list', []],
  ['string', 'writer'],
])('rejects a value that is not a handler: %s', (name, handler) => {
  const { watch } = setUp()
  expect(() => watch(handler as Writer)).toThrow(
    expect.objectContaining({
      code: 'SPILLWAY_OPTION_INVALID',
      message: `breaker: watch() takes a writer or eachRecord(…), not ${name}. It goes inside of batch(): batch(message, watch(…)).`,
    }),
  )
})

it('goes from open to half open to closed, and restores the maximum concurrency', async () => {
  const { mapping, environment, probe, database, pass } = setUp({ threshold: 1, healthyPeriod: 120 })
  await environment()(unavailable())
  expect(await probe()).toEqual({ phase: 'open', healthy: false, acted: false })
  expect(mapping.now.state).toBe('disabled')
  database.isUp = true
  expect(await probe()).toEqual({ phase: 'open', healthy: true, acted: true })
  expect(mapping.now).toMatchObject({ state: 'enabled', maximumConcurrency: 2 })
  pass(119)
  expect(await probe()).toEqual({ phase: 'half-open', healthy: true, acted: false })
  expect(mapping.now.maximumConcurrency).toBe(2)
  pass(1)
  expect(await probe()).toEqual({ phase: 'half-open', healthy: true, acted: true })
  expect(mapping.now).toMatchObject({ state: 'enabled', maximumConcurrency: 20 })
  expect(database.checks).toBe(4)
  expect(await probe()).toEqual({ phase: 'closed', healthy: undefined, acted: false })
  expect(database.checks).toBe(4)
  expect(mapping.changes).toEqual([off, { enabled: true, maximumConcurrency: 2 }, { maximumConcurrency: 20 }])
})

it.each(['a probe', 'a batch'])(
  'opens again when %s finds the database down while half open',
  async (who) => {
    const { mapping, environment, probe, database, pass } = setUp({ threshold: 1 })
    const write = environment()
    for (let round = 0; round < 3; round++) {
      database.isUp = false
      if (who === 'a batch' || round === 0) await write(unavailable())
      else expect(await probe()).toEqual({ phase: 'half-open', healthy: false, acted: true })
      expect(mapping.now).toMatchObject({ state: 'disabled', maximumConcurrency: 3 })
      database.isUp = true
      await probe()
      expect(mapping.now).toMatchObject({ state: 'enabled', maximumConcurrency: 2 })
      pass(60)
    }
    pass(60)
    await probe()
    expect(mapping.now).toMatchObject({ state: 'enabled', maximumConcurrency: 20 })
  },
)

it.each([undefined, 2, 3, 1000])('restores a maximum concurrency of %s', async (maximumConcurrency) => {
  const { mapping, environment, probe, database, pass } = setUp({ threshold: 1 })
  mapping.now = { ...mapping.now, maximumConcurrency }
  await environment()(unavailable())
  expect(mapping.now.state).toBe('disabled')
  database.isUp = true
  await probe()
  expect(mapping.now).toMatchObject({ state: 'enabled', maximumConcurrency: 2 })
  pass(120)
  await probe()
  expect(mapping.now).toMatchObject({ state: 'enabled', maximumConcurrency })
  expect((await probe()).phase).toBe('closed')
})

it.each([0.5, 1_700_000_000_000.123, 1e21, 0, -0.5, -1_000_000.75])(
  'closes with a clock that begins at %s milliseconds',
  async (start) => {
    let now = start
    // Large enough to be exact in the sum, for any start of the clock.
    const second = Math.max(1000, start / 1e15)
    const clock: Clock = { now: () => now, sleep: () => new Promise(() => undefined) }
    const { mapping, environment, probe, database } = setUp({ threshold: 1, healthyPeriod: 120, clock })
    await environment()(unavailable())
    database.isUp = true
    await probe()
    now += 119 * second
    if (second === 1000) expect((await probe()).acted).toBe(false)
    now += 2 * second
    expect(await probe()).toEqual({ phase: 'half-open', healthy: true, acted: true })
    expect(mapping.now).toMatchObject({ state: 'enabled', maximumConcurrency: 20 })
    expect((await probe()).phase).toBe('closed')
  },
)

it('reads a noted time that has a fraction', async () => {
  const { mapping, environment, probe, database, pass } = setUp({ threshold: 1 })
  await environment()(unavailable())
  database.isUp = true
  await probe()
  const { notes } = mapping.now
  const name = 'spillway:breaker-half-opened'
  mapping.now = { ...mapping.now, notes: { ...notes, [name]: `${notes[name]}.25` } }
  pass(121)
  await probe()
  expect(mapping.now.maximumConcurrency).toBe(20)
})

it('restarts the healthy period when the noted time is in the future, from another clock', async () => {
  const { mapping, environment, probe, database, pass } = setUp({ threshold: 1, healthyPeriod: 120 })
  pass(1_000_000)
  await environment()(unavailable())
  database.isUp = true
  await probe()
  pass(-1_000_000)
  expect(await probe()).toEqual({ phase: 'half-open', healthy: true, acted: true })
  pass(120)
  await probe()
  expect(mapping.now).toMatchObject({ state: 'enabled', maximumConcurrency: 20 })
})

it('works on a mapping that cannot have a maximum concurrency', async () => {
  const { mapping, environment, probe, database, pass } = setUp({ threshold: 1 })
  mapping.now = { ...mapping.now, maximumConcurrency: undefined, limitable: false }
  await environment()(unavailable())
  expect(mapping.changes).toEqual([{ enabled: false }])
  database.isUp = true
  await probe()
  pass(120)
  await probe()
  expect(mapping.changes).toEqual([{ enabled: false }, { enabled: true }])
  expect((await probe()).phase).toBe('closed')
})

it('never switches on a mapping that someone else switched off', async () => {
  const { mapping, environment, probe, database, pass } = setUp({ threshold: 1 })
  database.isUp = true
  mapping.now = { ...mapping.now, state: 'disabled' }
  expect((await probe()).phase).toBe('closed')
  await environment()(unavailable())
  expect(mapping.changes).toEqual([])

  // Someone switches it off while it is half open: it stays off, with its own concurrency.
  mapping.now = { ...mapping.now, state: 'enabled' }
  await environment()(unavailable())
  await probe()
  mapping.now = { ...mapping.now, state: 'disabled' }
  expect((await probe()).phase).toBe('taken-over')
  expect(mapping.now).toMatchObject({ state: 'disabled', maximumConcurrency: 20 })
  for (let minute = 0; minute < 5; minute++) {
    pass(60)
    expect((await probe()).phase).toBe('closed')
  }
  expect(mapping.now.state).toBe('disabled')
})

it('leaves a mapping alone that someone else switched on or changed while the breaker was open', async () => {
  const { mapping, environment, probe, pass } = setUp({ threshold: 1 })
  await environment()(unavailable())
  mapping.now = { ...mapping.now, state: 'enabled', maximumConcurrency: 50 }
  expect((await probe()).phase).toBe('taken-over')
  pass(500)
  expect((await probe()).phase).toBe('closed')
  expect(mapping.now).toMatchObject({ state: 'enabled', maximumConcurrency: 50 })
})

it('waits while a change is in progress', async () => {
  const { mapping, environment, probe, database } = setUp({ threshold: 1 })
  database.isUp = true
  await environment()(unavailable())
  const { state } = mapping.now
  mapping.now = { ...mapping.now, state: 'changing' }
  await environment()(unavailable())
  expect(await probe()).toEqual({ phase: 'changing', healthy: undefined, acted: false })
  expect(mapping.changes).toHaveLength(1)
  mapping.now = { ...mapping.now, state }
  expect(await probe()).toEqual({ phase: 'open', healthy: true, acted: true })
})

it('treats a hanging check as a database that is down', async () => {
  let aborted = false
  const { mapping, environment, probe } = setUp({
    threshold: 1,
    checkTimeout: 1,
    // The time of the check ends at once, that of the function never.
    clock: {
      now: Date.now,
      sleep: async () => undefined,
      schedule(run, ms) {
        if (ms <= 1000) queueMicrotask(run)
        return () => undefined
      },
    },
    check: ({ signal }) =>
      new Promise(() => {
        signal.addEventListener('abort', () => {
          aborted = true
        })
      }),
  })
  await environment()(unavailable())
  expect(await probe()).toEqual({ phase: 'open', healthy: false, acted: false })
  expect(aborted).toBe(true)
  expect(mapping.now.state).toBe('disabled')
})

it('rejects a probe that cannot read the mapping, and continues with the next', async () => {
  const { mapping, environment, probe, database } = setUp({ threshold: 1 })
  database.isUp = true
  await environment()(unavailable())
  mapping.fault = new Error('throttled')
  await expect(probe()).rejects.toThrow('throttled')
  expect((await probe()).acted).toBe(true)
})

it('names a typo, and lists the options without those that only tests set', () => {
  expect(() => breaker({ treshold: 3 } as never)).toThrow(
    /^breaker has no option `treshold`\. Its options are switch, check, threshold, healthyPeriod, checkTimeout, logger\.$/,
  )
})

it('rejects invalid options and names them', async () => {
  const mapping = memorySwitch()
  const invalid = expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID' })
  for (const options of [
    {},
    { switch: { read() {} } },
    { switch: mapping, threshold: 0 },
    { switch: mapping, treshold: 3 },
    { switch: mapping, healthyPeriod: -1 },
    { switch: mapping, checkTimeout: 0 },
    { switch: mapping, check: 'select 1' },
  ]) {
    expect(() => breaker(options as never)).toThrow(invalid)
  }
  await expect(breaker({ switch: mapping }).probe()).rejects.toEqual(invalid)
})
