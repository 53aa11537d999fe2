import { expect, it } from 'vitest'
import { createTally } from './tally.ts'

it('counts requests and responses, in total and by interval', () => {
  const tally = createTally(100)
  tally.sent(0, 1)
  tally.sent(50, 0)
  tally.sent(120, 0)
  tally.answered(0, 10, '202')
  // This request was due in the first interval and answered in the fourth.
  tally.answered(50, 350, '500')
  tally.answered(120, 150, 'ECONNRESET')
  expect(tally.report(3)).toStrictEqual({
    total: 3,
    sent: 3,
    answered: 3,
    accepted: 1,
    answers: { 202: 1, 500: 1, ECONNRESET: 1 },
    p50Ms: 30,
    p99Ms: 300,
    lateMs: 1,
  })
  const none = { p50Ms: null, p99Ms: null }
  expect(tally.intervals()).toStrictEqual([
    { arrivals: 2, accepted: 1, failed: 0, p50Ms: expect.closeTo(10, 0), p99Ms: expect.closeTo(300, -1) },
    { arrivals: 1, accepted: 0, failed: 1, p50Ms: expect.closeTo(30, 0), p99Ms: expect.closeTo(30, 0) },
    { arrivals: 0, accepted: 0, failed: 0, ...none },
    { arrivals: 0, accepted: 0, failed: 1, ...none },
  ])
})

it('reports zeros before the first request', () => {
  const tally = createTally(100)
  expect(tally.report(5)).toMatchObject({ sent: 0, answered: 0, answers: {}, p50Ms: 0, lateMs: 0 })
  expect(tally.intervals()).toStrictEqual([])
})
