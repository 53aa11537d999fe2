import { expect, it } from 'vitest'
import { takeAccount } from './ledger.ts'

it('finds what was accepted and is nowhere, and leaves out what is not of the flood', () => {
  const ledger = { written: new Set(['a', 'b', 'late', 'warm']), parked: new Set(['c']) }
  expect(takeAccount(['a', 'b', 'c', 'gone'], ledger, ['warm'])).toStrictEqual({
    // `late` was written although its answer was no success.
    written: 3,
    parked: 1,
    lost: 1,
  })
})
