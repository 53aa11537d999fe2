import { expect, it } from 'vitest'
import { toSeries } from './sampler.ts'
import type { LoadInterval } from './tally.ts'

const busy: LoadInterval = { arrivals: 10, accepted: 9, failed: 1, p50Ms: 5, p99Ms: 9 }

it('assigns samples to the intervals in which they were taken, until the last sample', () => {
  const series = toSeries(
    [busy, busy],
    [
      { at: 990, backlog: 9, connections: 9, refused: 9 },
      { at: 1010, backlog: 4, connections: 7, refused: 2 },
      { at: 1060, backlog: 6, connections: 3, refused: 3 },
      { at: 1310, backlog: 0, connections: 2, refused: 0 },
    ],
    { startedAt: 1000, intervalMs: 100 },
  )
  const none = { arrivals: 0, accepted: 0, failed: 0, p50Ms: null, p99Ms: null }
  expect(series).toStrictEqual({
    intervalMs: 100,
    intervals: [
      { ...busy, backlog: 6, connections: 7, refused: 5 },
      // There was no sample, so the values of the previous interval are kept.
      { ...busy, backlog: 6, connections: 7, refused: 0 },
      { ...none, backlog: 6, connections: 7, refused: 0 },
      { ...none, backlog: 0, connections: 2, refused: 0 },
    ],
  })
})
