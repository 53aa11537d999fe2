import { expect, it } from 'vitest'
import { takeAccount } from './ledger.ts'

it('finds accepted keys that are lost, and ignores keys that are not of the flood', () => {
  const ledger = { written: new Set(['a', 'b', 'late', 'warm']), parked: new Set(['c']) }
  expect(takeAccount(['a', 'b', 'c', 'gone'], ledger, ['warm'])).toStrictEqual({
    // `late` was written although its response was an error.
    written: 3,
    parked: 1,
    lost: 1,
  })
})
