import type { RetryOutcome } from '@spillway/message'
import { expect, it } from 'vitest'
import { classifyError } from '../errors/classify-error.ts'
import { createJudge } from './judge.ts'

const down = { kind: 'failed', failure: 'saturation', error: new Error('down') } as const

it.each([
  [1, 0, 5],
  [1, 1, 30],
  [2, 0.5, 36],
  [4, 0, 40],
  [8, 0, 640],
  [9, 0, 900],
  [1000, 1, 900],
])(
  'has a record of delivery %i and the random number %d come again after %i s',
  (receiveCount, random, after) => {
    const { outcome } = createJudge(1, () => random)(down)
    expect(outcome({ receiveCount })).toMatchObject({ kind: 'retry', after })
  },
)

// What is of the row alone is parked where it holds up others and is too old.
it.each([
  [{ code: '23503' }, false],
  [{ code: 'P0001' }, false],
  [{ code: '44000' }, false],
  [{ code: 'XX000' }, undefined],
  [{ code: '58030' }, undefined],
  [{ code: '42501' }, undefined],
  [{ code: '53300' }, undefined],
  [{ code: 'ER_SIGNAL_EXCEPTION', errno: 1644, sqlState: '45000' }, false],
  [{ code: 'ER_UNKNOWN_ERROR', errno: 1105, sqlState: 'HY000' }, undefined],
])('says of a row that is retried for %j whether it is to blame: unavailable %s', (facts, unavailable) => {
  const error = Object.assign(new Error('no'), facts)
  const { outcome } = createJudge(1, () => 0)({ kind: 'failed', failure: classifyError(error), error })
  const retried = outcome({ receiveCount: 1 })
  expect(retried.kind).toBe('retry')
  expect((retried as RetryOutcome).unavailable).toBe(unavailable)
})
