import * as fc from 'fast-check'
import { expect, inject, it } from 'vitest'
import { anyText } from '../../message/src/testing/any-text.ts'
import { composeKey } from './compose-key.ts'

it('makes no two lists of parts and places the same key', () => {
  const part = fc.string({ unit: fc.constantFrom(...'ab:/#%0own'), maxLength: 6 })
  const source = fc.tuple(
    fc.array(part, { minLength: 1, maxLength: 3 }),
    fc.option(fc.constantFrom('0', '1', 'own/0', 'own/1'), { nil: undefined }),
  )
  fc.assert(
    fc.property(source, source, (one, other) => {
      const same = JSON.stringify(one) === JSON.stringify(other)
      expect(composeKey(...one) === composeKey(...other)).toBe(same)
    }),
    { numRuns: inject('soak') ? 10_000 : 2000 },
  )
})

it('makes keys of at most 256 characters', () => {
  fc.assert(
    fc.property(fc.array(anyText({ maxLength: 200 }), { minLength: 1 }), (parts) => {
      expect(composeKey(parts, undefined).length).toBeLessThanOrEqual(256)
    }),
  )
})
