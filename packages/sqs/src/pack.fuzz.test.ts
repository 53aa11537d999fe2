import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { maxBytes, maxEntries, pack } from './pack.ts'

it('keeps every message, in order, within the limits of SQS, in as few packs as the order allows', () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: maxBytes })), {
    maxLength: 60,
  })
  fc.assert(
    fc.property(sizes, (all) => {
      const messages = all.map((bytes, index) => ({
        index,
        bytes,
        message: { key: String(index), body: '' },
      }))
      const packs = pack(messages)
      expect(packs.flat()).toStrictEqual(messages)
      for (const [place, one] of packs.entries()) {
        const total = one.reduce((sum, { bytes }) => sum + bytes, 0)
        expect(one.length).toBeGreaterThan(0)
        expect(one.length).toBeLessThanOrEqual(maxEntries)
        expect(total).toBeLessThanOrEqual(maxBytes)
        const next = packs[place + 1]?.[0]
        if (next !== undefined) expect(one.length === maxEntries || total + next.bytes > maxBytes).toBe(true)
      }
    }),
    { numRuns: 1000 },
  )
})
