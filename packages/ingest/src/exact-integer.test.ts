import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { denotes } from './exact-integer.ts'

it.each([
  ['9007199254740992', true],
  ['9007199254740993', false],
  ['-9007199254740992', true],
  ['-9007199254740993', false],
  ['9007199254740994.0', true],
  ['9007199254740994.5', false],
  ['9007199254740994.50', false],
  ['1e21', true],
  ['1E+21', true],
  ['10e20', true],
  ['0.001e24', true],
  ['1e23', true],
  ['6.02214076e23', true],
  ['123456789012345e10', true],
  ['1234567890123456e10', false],
  [`1${'0'.repeat(23)}`, false],
  ['99999999999999991611392', true],
  ['12345678901234567890.0', false],
  ['12345678901234567168', true],
  ['1524831183200260097', false],
  ['1524831183200260096', true],
  [`1${'0'.repeat(400)}e-380`, true],
  [`0.${'0'.repeat(400)}1e421`, true],
  ['0x20000000000000', false],
  ['', false],
])('%s is the integer that was read: %s', (text, same) => {
  expect(denotes(text, Number(text))).toBe(same)
})

it('agrees with exact arithmetic', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 1000n), max: 2n ** 1000n }), fc.nat(30), (integer, zeros) => {
      fc.pre(integer !== 0n)
      const value = Number(integer)
      const same = BigInt(value) === integer
      expect(denotes(String(integer), value)).toBe(same)
      expect(denotes(`${integer}.${'0'.repeat(zeros + 1)}`, value)).toBe(same)
      const few = String(integer).replace(/^-|0+$/g, '').length <= 15
      expect(denotes(`${integer}${'0'.repeat(zeros)}e-${zeros}`, value)).toBe(same || few)
    }),
    { numRuns: 2000 },
  )
})

it('takes time in proportion to the text', () => {
  const digits = '1'.repeat(1_000_000)
  expect(denotes(`${digits}e-999900`, Number(`${digits}e-999900`))).toBe(false)
  expect(denotes(`0.${'0'.repeat(1_000_000)}${digits}e1000100`, 1e100)).toBe(false)
})
