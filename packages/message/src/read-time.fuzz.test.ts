import fc from 'fast-check'
import { expect, inject, it } from 'vitest'
import { readTime } from './read-time.ts'

const numRuns = inject('soak') ? 10_000 : 2000
const digit = fc.integer({ min: 0, max: 9 })

it('reads what toISOString writes, of any year', () => {
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true }), (date) => {
      expect(readTime(date.toISOString())).toStrictEqual(date)
    }),
    { numRuns },
  )
})

it('reads each day of four centuries', () => {
  const misread: string[] = []
  for (let time = Date.UTC(1890); time < Date.UTC(2290); time += 86_400_000) {
    const text = new Date(time).toISOString()
    if (readTime(text).getTime() !== time) misread.push(text)
  }
  expect(misread).toStrictEqual([])
})

it('has what Date has for digits in that form that are no time', () => {
  const text = fc
    .array(digit, { minLength: 17, maxLength: 17 })
    .map((digits) => '####-##-##T##:##:##.###Z'.replaceAll('#', () => String(digits.shift())))
  fc.assert(
    fc.property(text, (value) => {
      expect(readTime(value)).toStrictEqual(new Date(value))
    }),
    { numRuns },
  )
})

it.each([
  '2026-02-29T00:00:00.000Z',
  '2026-02-30T00:00:00.000Z',
  '2026-06-31T00:00:00.000Z',
  '2028-02-29T00:00:00.000Z',
])('has what Date has for %s', (text) => expect(readTime(text)).toStrictEqual(new Date(text)))

it('has what Date has for any text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.date().map(String)), (text) => {
      expect(readTime(text)).toStrictEqual(new Date(text))
    }),
  )
})
