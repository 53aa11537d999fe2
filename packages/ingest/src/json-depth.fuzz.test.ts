import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { nestsDeeper } from './json-depth.ts'

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

it('agrees with the depth of what a parser reads', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 12 }), fc.nat(12), fc.nat(2), (value, max, indent) => {
      const text = JSON.stringify(value, undefined, indent)
      expect(nestsDeeper(text, max)).toBe(depthOf(JSON.parse(text)) > max && text.length > max)
    }),
    { numRuns: 3000 },
  )
})

it('looks at each line of NDJSON for itself', () => {
  const line = fc.string({ unit: fc.constantFrom(...'[]{}",:\\1 a'), maxLength: 30 })
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), fc.nat(4), (lines, max) => {
      const text = lines.join('\n')
      if (nestsDeeper(text, max, true)) return
      for (const one of lines) {
        let value: unknown
        try {
          value = JSON.parse(one)
        } catch {
          continue
        }
        expect(depthOf(value)).toBeLessThanOrEqual(max)
      }
    }),
    { numRuns: 5000 },
  )
})

it('never lets a text pass that a parser would nest deeper', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'[]{}",:\\\n1 a') }), fc.nat(6), (text, max) => {
      let value: unknown
      try {
        value = JSON.parse(text)
      } catch {
        return
      }
      if (!nestsDeeper(text, max)) expect(depthOf(value)).toBeLessThanOrEqual(max)
    }),
    { numRuns: 5000 },
  )
})
