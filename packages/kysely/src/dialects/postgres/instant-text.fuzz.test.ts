import fc from 'fast-check'
import { expect, it } from 'vitest'
import { instantText } from './instant-text.ts'

const min = new Date('0000-01-01T00:00:00.000Z')
const max = new Date('9999-12-31T23:59:59.999Z')
const date = fc.date({ min, max, noInvalidDate: true })

it('equals the result of toISOString', () => {
  fc.assert(
    fc.property(date, (value) => {
      expect(instantText(value.getTime())).toBe(value.toISOString())
    }),
    { numRuns: 20_000 },
  )
})

it('equals it at the ends of days and years', () => {
  const edges = ['0001-01-01', '1969-12-31', '1970-01-01', '2024-02-29', '2100-02-28', '9999-12-31']
  for (const day of edges) {
    for (const time of ['00:00:00.000', '00:00:00.001', '12:59:59.999', '23:59:59.999']) {
      expect(instantText(Date.parse(`${day}T${time}Z`))).toBe(`${day}T${time}Z`)
    }
  }
  for (const time of [min, max]) {
    expect(instantText(time.getTime())).toBe(time.toISOString())
  }
})
