import { expect, it } from 'vitest'
import { checkClassify, meaningOf } from './classify-option.ts'

it.each([
  undefined,
  {},
  { OR001: 'park', P0001: 'retry', PT403: 'unavailable' },
  { '23505': 'park', '22003': 'retry', '44000': 'park', '55000': 'retry', XX000: 'park' },
  { MYSQL_1644: 'park', MYSQL_31001: 'retry' },
])('accepts %o', (classify) => {
  expect(() => checkClassify('writer', classify)).not.toThrow()
})

it.each([
  ['park', /must be an object of codes/],
  [['OR001'], /must be an object of codes/],
  [{ or001: 'park' }, /has the key "or001", which is neither a SQLSTATE/],
  [{ OR01: 'park' }, /has the key "OR01", which is neither a SQLSTATE/],
  [{ MYSQL_x: 'park' }, /has the key "MYSQL_x"/],
  [{ OR001: 'parked' }, /has "parked" for OR001; it must be 'park', 'retry' or 'unavailable'/],
  [{ OR001: undefined }, /has undefined for OR001/],
])('refuses %o with the reason', (classify, message) => {
  expect(() => checkClassify('writer', classify)).toThrow(
    expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID', message: expect.stringMatching(message) }),
  )
})

it.each([
  ...['08006', '08P01', '25006', '28P01', '2200H', '3D000', '40001', '42501', '42P01', '53300', '54000'],
  ...['55P03', '57014', '57P01', '58030', 'XX001', 'MYSQL_1040', 'MYSQL_1146', 'MYSQL_1205', 'MYSQL_1526'],
])('refuses %s, which a server sends for its own faults', (code) => {
  for (const meaning of ['park', 'retry', 'unavailable']) {
    expect(() => checkClassify('writer', { [code]: meaning })).toThrow(
      `writer: the option \`classify\` cannot have ${code}: a server sends it for its own faults`,
    )
  }
})

it('uses the code of the database’s own error, inside that of an app', () => {
  const error = Object.assign(new Error('x'), { code: 'OR001', severity: 'ERROR' })
  expect(meaningOf(new Error('failed', { cause: error }), { OR001: 'park' })).toBe('park')
  expect(meaningOf(error, { P0001: 'park' })).toBe(undefined)
  expect(meaningOf(new Error('no code'), { OR001: 'park' })).toBe(undefined)
})

it('uses the number of MySQL, else the state', () => {
  const error = Object.assign(new Error('x'), { errno: 1644, sqlState: 'OR001' })
  expect(meaningOf(error, { MYSQL_1644: 'retry', OR001: 'park' })).toBe('retry')
  expect(meaningOf(error, { OR001: 'park' })).toBe('park')
})
