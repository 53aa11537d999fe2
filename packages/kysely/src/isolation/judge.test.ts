import { expect, it } from 'vitest'
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
