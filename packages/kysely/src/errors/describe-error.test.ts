import { inspect } from 'node:util'
import { SpillwayError } from '@spillway/message'
import { describe, expect, it } from 'vitest'
import { refusal, writeError } from './describe-error.ts'

const databaseError = (code: string, more: object = {}) =>
  Object.assign(new Error('value "secret" is wrong'), {
    code,
    detail: 'Failing row contains (secret).',
    ...more,
  })

describe('refusal', () => {
  it('names the constraint and the table, and no value', () => {
    const error = databaseError('23514', { constraint: 'orders_total_cents_check', table: 'orders' })
    expect(refusal(error)).toEqual({
      code: '23514',
      detail: 'The database refuses the row: check constraint "orders_total_cents_check" of table "orders".',
    })
  })

  it('names the column of a not-null constraint', () => {
    expect(refusal(databaseError('23502', { column: 'total', table: 'orders' })).detail).toBe(
      'The database refuses the row: not-null constraint on column "total" of table "orders".',
    )
  })

  it('gives the SQLSTATE where it has no words', () => {
    expect(refusal(databaseError('22012')).detail).toBe('The database refuses the row: SQLSTATE 22012.')
  })
})

describe('writeError', () => {
  it.each(['22P02', '23503', 'P0001', '08P01', '42601'])(
    'keeps the values out of the cause of %s',
    (code) => {
      const error = writeError('unknown', databaseError(code))
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('secret')
      expect(error.cause).toMatchObject({ code })
    },
  )

  it('keeps what the server says about itself', () => {
    const error = writeError(
      'saturation',
      Object.assign(new Error('sorry, too many clients'), { code: '53300' }),
    )
    expect(error.code).toBe('SPILLWAY_DATABASE_UNAVAILABLE')
    expect(error.cause).toMatchObject({ message: 'sorry, too many clients', code: '53300' })
  })

  it('names a missing column for what it is', () => {
    expect(writeError('systemic', databaseError('42703')).code).toBe('SPILLWAY_TABLE_UNKNOWN')
  })

  it('leaves an error of Spillway as it is', () => {
    const error = new SpillwayError('SPILLWAY_DEADLINE', 'late')
    expect(writeError('unknown', error)).toBe(error)
  })
})
