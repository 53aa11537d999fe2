import { describe, expect, it } from 'vitest'
import { type StreamSimulation, simulateStream } from '../index.ts'
import { type StreamNumbers, streamNumbers } from './numbers.ts'

const minutes = 60

/** A stream of two shards whose database is down for half an hour. */
function halfAnHour(numbers: Partial<StreamNumbers> = {}): StreamSimulation {
  return {
    ...streamNumbers({ shards: 2, timeout: 10, ...numbers }),
    duration: 35 * minutes,
    traffic: { rate: 5 },
    outages: [{ from: 2 * minutes, to: 32 * minutes, kind: { is: 'down' } }],
  }
}

describe('a stream whose database is down for half an hour', () => {
  it('uses up the age of its records and no retries, with the defaults of the app definition', async () => {
    const { accepted, written, inDlq, parked, lag, left } = await simulateStream(halfAnHour())
    expect(accepted).toBeGreaterThan(10_000)
    expect({ written, inDlq, parked, left }).toStrictEqual({
      written: accepted,
      inDlq: 0,
      parked: {},
      left: 0,
    })
    expect(lag.count).toBeGreaterThan(8_000)
    expect(lag.max).toBeLessThan(30)
  })

  it('gives up healthy records after a minute and a half where ten retries are all there are', async () => {
    const { accepted, written, inDlq, firstInDlq } = await simulateStream(
      halfAnHour({ maximumRetryAttempts: 10 }),
    )
    // An invocation holds until its time is nearly over, so that ten retries last longer than those of a writer that gives up.
    expect(inDlq).toBeGreaterThan(accepted / 4)
    expect(written).toBe(accepted - inDlq)
    expect(firstInDlq).toBeGreaterThan(60)
    expect(firstInDlq).toBeLessThan(120)
  })

  it('is the same for the same seed', async () => {
    const short = { ...halfAnHour(), duration: 3 * minutes }
    expect(await simulateStream(short)).toStrictEqual(await simulateStream(short))
  })
})
