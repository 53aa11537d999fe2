import { afterEach, expect, it, vi } from 'vitest'
import { counters, durations, type Telemetry } from './index.ts'
import { quietTelemetry } from './internal.ts'

afterEach(() => vi.restoreAllMocks())

const broken: Telemetry = {
  count() {
    throw new Error('broken')
  },
  duration() {
    throw new Error('broken')
  },
  traceparent() {
    throw new Error('broken')
  },
}

it('hands numbers on as they come', () => {
  const seen: unknown[] = []
  const telemetry = quietTelemetry({
    count: (...args) => seen.push(args),
    duration: (...args) => seen.push(args),
    traceparent: () => '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  })
  telemetry.count('spillway.ingest.accepted', 2, { message: 'order.placed' })
  telemetry.duration('spillway.send.duration', 1.5)
  expect(seen).toStrictEqual([
    ['spillway.ingest.accepted', 2, { message: 'order.placed' }],
    ['spillway.send.duration', 1.5],
  ])
  expect(telemetry.traceparent?.()).toBe('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')
})

it.each([
  ['an adaptor that throws', broken, 1],
  ['none', undefined, 0],
])('%s does no harm, and is told of once', (_, telemetry, times) => {
  const printed = vi.spyOn(console, 'error').mockReturnValue()
  const quiet = quietTelemetry(telemetry)
  expect(quiet.count('spillway.ingest.accepted', 1)).toBeUndefined()
  expect(quiet.duration('spillway.send.duration', 1)).toBeUndefined()
  expect(quiet.traceparent?.()).toBeUndefined()
  expect(printed).toHaveBeenCalledTimes(times)
})

it('an adaptor that is asynchronous and rejects does no harm', async () => {
  const printed = vi.spyOn(console, 'error').mockReturnValue()
  const rejecting = async () => Promise.reject(new Error('broken'))
  const quiet = quietTelemetry({ count: rejecting, duration: rejecting })
  quiet.count('spillway.ingest.accepted', 1)
  quiet.duration('spillway.send.duration', 1)
  // A rejection that nobody handles is reported now, and fails the run.
  await new Promise(setImmediate)
  expect(printed.mock.calls.map(([line]) => JSON.parse(String(line)))).toMatchObject([
    {
      level: 'error',
      message: 'spillway: a telemetry threw, and its metrics may be lost',
      error: { message: 'broken' },
    },
  ])
})

it('keeps the `this` of an adaptor that is an instance of a class', () => {
  class Adaptor implements Telemetry {
    total = 0
    count(_: string, value: number) {
      this.total += value
    }
    duration() {}
  }
  const adaptor = new Adaptor()
  quietTelemetry(adaptor).count('spillway.ingest.accepted', 3)
  expect(adaptor.total).toBe(3)
})

it('names its numbers in one style, durations in milliseconds', () => {
  const names = [...Object.keys(counters), ...Object.keys(durations)]
  expect(names.filter((name) => !/^spillway(\.[a-z]+){2}$/.test(name))).toStrictEqual([])
  expect(new Set(names).size).toBe(names.length)
  expect(new Set(Object.values(durations))).toStrictEqual(new Set(['ms']))
})
