import * as fc from 'fast-check'

// Without lone surrogates.
const character = fc
  .oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((code) => String.fromCodePoint(code))

/**
 * Texts of all characters of Unicode, as `fc.string({ unit: 'binary' })` makes them. That one first builds a table of
 * all characters, which takes each process two seconds.
 */
export function anyText(constraints: { readonly maxLength?: number } = {}): fc.Arbitrary<string> {
  return fc.string({ ...constraints, unit: character })
}
