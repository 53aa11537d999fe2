import { describe, expect, inject, it } from 'vitest'
import { type Outage, type StreamSimulation, simulateStream } from '../index.ts'
import { type StreamNumbers, streamNumbers } from './numbers.ts'

const minutes = 60
const soak = inject('soak')

/** A stream of two shards whose database has an outage of some minutes. */
function outage(
  length: number,
  numbers: Partial<StreamNumbers> = {},
  kind: Outage['kind'] = { is: 'down' },
): StreamSimulation {
  return {
    ...streamNumbers({ shards: 2, timeout: 10, ...numbers }),
    duration: (length + 3) * minutes,
    traffic: { rate: 1 },
    outages: [{ from: minutes, to: (length + 1) * minutes, kind }],
  }
}

const long = soak ? 30 : 5

describe(`a stream whose database is down for ${long} minutes`, () => {
  it('discards nothing and is written ten seconds after the outage, with the defaults of the app definition', async () => {
    const { accepted, written, inDlq, parked, lag, lagAfter, left } = await simulateStream(outage(long))
    expect(accepted).toBeGreaterThan(60 * long)
    expect({ written, inDlq, parked, left }).toStrictEqual({
      written: accepted,
      inDlq: 0,
      parked: {},
      left: 0,
    })
    expect(lag.count).toBeGreaterThan(56 * long)
    expect(lag.p99).toBeLessThanOrEqual(10)
    expect(lagAfter.p99).toBeLessThanOrEqual(10)
  })

  it('discards healthy records after a minute and a half with ten retries', async () => {
    const { accepted, written, inDlq, firstInDlq } = await simulateStream(
      outage(long, { maximumRetryAttempts: 10 }),
    )
    // An invocation holds its records until shortly before its time-out, so ten retries last longer than with a writer
    // that does not hold.
    expect(inDlq).toBeGreaterThan(accepted / (soak ? 2 : 4))
    expect(written).toBe(accepted - inDlq)
    expect(firstInDlq).toBeGreaterThan(60)
    expect(firstInDlq).toBeLessThan(120)
  })
})

describe('a stream after an outage of two minutes', () => {
  it.each<[string, Outage['kind']]>([
    ['down', { is: 'down' }],
    ['read-only', { is: 'read-only' }],
    ['without responses', { is: 'hanging' }],
    ['locked (55P03)', { is: 'failing', code: '55P03' }],
    ['failing at input and output (58030)', { is: 'failing', code: '58030' }],
  ])('whose database was %s is written within ten seconds, with any time-out', async (_, kind) => {
    for (const timeout of soak ? [3, 10, 30] : [3, 30]) {
      const { written, accepted, inDlq, lag, lagAfter } = await simulateStream(outage(2, { timeout }, kind))
      expect({ written, inDlq }).toStrictEqual({ written: accepted, inDlq: 0 })
      expect(lag.p99).toBeLessThanOrEqual(10)
      expect(lagAfter.p99).toBeLessThanOrEqual(10)
    }
  })
})

it('a simulation of a stream gives the same report for the same seed', async () => {
  expect(await simulateStream(outage(1))).toStrictEqual(await simulateStream(outage(1)))
})
