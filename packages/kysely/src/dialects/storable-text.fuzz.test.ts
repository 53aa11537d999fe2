import fc from 'fast-check'
import { expect, it } from 'vitest'
import { storableKey, storableText } from './storable-text.ts'

const units = fc.string({
  unit: fc.constantFrom('\0', '\u001b', '0', 'a', '😀', '\ud800', '\udc00', '\ufffd'),
})

it('returns a text that Postgres can store, of a bounded length, and keeps a storable one unchanged', () => {
  fc.assert(
    fc.property(units, fc.integer({ min: 1, max: 20 }), (text, max) => {
      const stored = storableText(text, max)
      expect(stored).not.toContain('\0')
      expect(stored.isWellFormed()).toBe(true)
      expect(stored.length).toBe(Math.min(text.length, max))
      if (text.length <= max && text.isWellFormed() && !text.includes('\0')) expect(stored).toBe(text)
    }),
    { numRuns: 5_000 },
  )
})

it('encodes different keys differently, without NUL', () => {
  fc.assert(
    fc.property(units, units, (one, other) => {
      expect(storableKey(one)).not.toContain('\0')
      expect(storableKey(one) === storableKey(other)).toBe(one === other)
    }),
    { numRuns: 5_000 },
  )
})
