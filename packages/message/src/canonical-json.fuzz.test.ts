import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalJson } from './canonical-json.ts'

/** The same value with the names of each object in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  return JSON.parse(
    `{${Object.entries(value)
      .reverse()
      .map(([name, inner]) => `${JSON.stringify(name)}:${JSON.stringify(shuffled(inner))}`)
      .join(',')}}`,
  )
}

it('is the same for the same value, whatever the order of its names, and loses nothing', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const parsed = JSON.parse(JSON.stringify(value))
      const text = canonicalJson(parsed)
      expect(JSON.parse(text)).toStrictEqual(parsed)
      expect(canonicalJson(shuffled(parsed))).toBe(text)
    }),
  )
})
