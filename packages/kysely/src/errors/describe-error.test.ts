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

  it.each([
    [
      '23514',
      { constraint_name: 'solvent', table_name: 'orders' },
      'check constraint "solvent" of table "orders"',
    ],
    [
      '23502',
      { column_name: 'total', table_name: 'orders' },
      'not-null constraint on column "total" of table "orders"',
    ],
    ['22001', { 'data type_name': 'code3' }, 'a text is too long for its column (type code3)'],
  ])('reads the names from the fields of postgres.js: %s', (code, fields, rule) => {
    expect(refusal(databaseError(code, fields)).detail).toBe(`The database refuses the row: ${rule}.`)
  })

  it.each([
    [
      '22001',
      'value too long for type character varying(8)',
      'a text is too long for its column (type character varying(8))',
    ],
    [
      '22P02',
      'invalid input syntax for type integer: "secret for type x"',
      'a value is malformed for the type of its column (type integer)',
    ],
    [
      '22P02',
      'invalid input value for enum mood: "secret"',
      'a value is malformed for the type of its column (type mood)',
    ],
    [
      '22003',
      'value "99999999999" is out of range for type integer',
      'a number is out of range for its column (type integer)',
    ],
    ['22001', 'the secret is too long for type text', 'a text is too long for its column'],
  ])('names the type that a value does not fit: %s %s', (code, message, rule) => {
    expect(refusal(Object.assign(new Error(message), { code })).detail).toBe(
      `The database refuses the row: ${rule}.`,
    )
  })

  it('finds the database’s error inside that of an app', () => {
    const cause = databaseError('23505', { constraint: 'orders_pkey' })
    expect(refusal(new Error('the order failed', { cause }))).toEqual({
      code: '23505',
      detail: 'The database refuses the row: unique constraint "orders_pkey".',
    })
  })

  it('uses the SQLSTATE if it has no description', () => {
    expect(refusal(databaseError('22012')).detail).toBe('The database refuses the row: SQLSTATE 22012.')
  })
})

describe('writeError', () => {
  it.each(['22P02', '23503', 'P0001', '08P01', '42601'])('contains no values in the cause of %s', (code) => {
    const error = writeError('unknown', databaseError(code))
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('secret')
    expect(error.cause).toMatchObject({ code })
  })

  it('keeps messages about the server itself', () => {
    const error = writeError(
      'saturation',
      Object.assign(new Error('sorry, too many clients'), { code: '53300' }),
    )
    expect(error.code).toBe('SPILLWAY_DATABASE_UNAVAILABLE')
    expect(error.cause).toMatchObject({ message: 'sorry, too many clients', code: '53300' })
  })

  it('reports a missing column as such', () => {
    expect(writeError('systemic', databaseError('42703', { position: '13' })).code).toBe(
      'SPILLWAY_TABLE_UNKNOWN',
    )
  })

  const to = { table: 'orders', conflict: ['id', 'tenant'] }
  it.each([
    [
      'systemic',
      Object.assign(new Error('column "totl" of relation "orders" does not exist'), {
        code: '42703',
        position: '13',
      }),
      'SPILLWAY_TABLE_UNKNOWN',
      'The table or a column of the write to "orders" does not exist (SQLSTATE 42703: column "totl" of relation "orders" does not exist): run the migration.',
    ],
    [
      'systemic',
      Object.assign(new Error('there is no unique or exclusion constraint'), { code: '42P10' }),
      'SPILLWAY_WRITE_FAILED',
      'No unique constraint of "orders" covers exactly the conflict columns "id", "tenant" (SQLSTATE 42P10: there is no unique or exclusion constraint): add it, or correct `conflict`.',
    ],
    [
      'ordering',
      databaseError('23503', { constraint: 'orders_customer', table: 'orders' }),
      'SPILLWAY_WRITE_FAILED',
      'The row refers to a row that does not exist yet (SQLSTATE 23503: foreign key constraint "orders_customer" of table "orders"); the record is delivered again.',
    ],
    [
      'connection',
      new AggregateError([
        Object.assign(new Error('connect ECONNREFUSED ::1:5432'), { code: 'ECONNREFUSED' }),
      ]),
      'SPILLWAY_DATABASE_UNAVAILABLE',
      'The database is saturated or cannot be reached (connect ECONNREFUSED ::1:5432); the records are delivered again.',
    ],
    [
      'unknown',
      new TypeError('secret'),
      'SPILLWAY_WRITE_FAILED',
      'The database could not accept the write to "orders".',
    ],
  ] as const)('names the table and quotes the message: %s, %o', (failure, thrown, code, message) => {
    expect(writeError(failure, thrown, to)).toMatchObject({ code, message })
  })

  it('does not change an error of Spillway', () => {
    const error = new SpillwayError('SPILLWAY_DEADLINE', 'late')
    expect(writeError('unknown', error)).toBe(error)
  })
})
