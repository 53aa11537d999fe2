import { SpillwayError } from '@spillway/message'
import { describe, expect, it } from 'vitest'
import { sqlState } from '../dialects/postgres/postgres-errors.ts'
import { classifyError } from './classify-error.ts'
import type { Failure } from './failure.ts'

const states: Readonly<Record<Failure, readonly string[]>> = {
  saturation: ['53300', '53400', '57P03', '08000', '08004', '53000'],
  busy: [],
  connection: ['08001', '08003', '08006', '08007', '57P01', '57P02', '57P05', '25006', '25P03'],
  transient: ['40001', '40P01', '40003', '40000'],
  locked: ['55P03'],
  tooSlow: ['57014', '53200', '25P04'],
  server: ['58000', '58030', '58P01', '53010', 'F0000', 'XX001', 'XX002'],
  systemic: [
    '28000',
    '28P01',
    '3D000',
    '3F000',
    '42P01',
    '42703',
    '42501',
    '42P10',
    '53100',
    '57P04',
    '0A000',
  ],
  fault: ['2200H', '54000'],
  permanent: ['22001', '22003', '22021', '22P02', '22P05', '23502', '23514', '23P01', '54001'],
  ordering: ['23503'],
  duplicate: ['23505'],
  unknown: ['08P01', 'OR001', 'PT403', 'P0001', 'XX000', '21000', '99999'],
}
const sockets = ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN']
const messages: readonly (readonly [string, Failure])[] = [
  ['Connection terminated unexpectedly', 'connection'],
  ['Connection terminated', 'connection'],
  ['Connection terminated due to connection timeout', 'connection'],
  ['Client has encountered a connection error and is not queryable', 'connection'],
  ['Client was closed and is not queryable', 'connection'],
  ['timeout expired', 'connection'],
  ['timeout exceeded when trying to connect', 'saturation'],
  ['Query read timeout', 'tooSlow'],
  ['something else', 'unknown'],
]
const withCode = (code: string, more: object = {}) => Object.assign(new Error('x'), { code, ...more })

describe('classifyError', () => {
  for (const [failure, codes] of Object.entries(states)) {
    it.each(codes)(`classifies SQLSTATE %s as ${failure}`, (code) => {
      const facts = { severity: 'ERROR', constraint: 'named' }
      expect(classifyError(withCode(code, facts))).toBe(failure)
    })
  }

  it.each(sockets)('classifies %s as a lost connection', (code) => {
    expect(classifyError(withCode(code))).toBe('connection')
  })

  it.each([
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'CERT_HAS_EXPIRED',
  ])('classifies %s as systemic', (code) => {
    expect(classifyError(withCode(code))).toBe('systemic')
  })

  it.each(messages)('classifies "%s" as %s', (message, failure) => {
    expect(classifyError(new Error(message))).toBe(failure)
  })

  it.each([
    Object.assign(new TypeError('fetch failed'), { cause: withCode('UND_ERR_CONNECT_TIMEOUT') }),
    new DOMException('The operation timed out', 'TimeoutError'),
    new SpillwayError('SPILLWAY_DATABASE_UNAVAILABLE', 'x'),
    Object.assign(new Error('x'), { name: 'ThrottlingException' }),
    Object.assign(new Error('x'), { status: 503 }),
    withCode('ENOENT', { syscall: 'connect' }),
  ])('classifies an outage by `isUnavailable`: %o', (error) => {
    expect(classifyError(error)).toBe('connection')
  })

  it('prefers the error of the database to other errors', () => {
    const answered = new Error('x', { cause: withCode('22P02', { severity: 'ERROR' }) })
    expect(classifyError(new AggregateError([withCode('ECONNRESET'), answered]))).toBe('permanent')
  })

  it('does not treat a missing file as a missing server', () => {
    expect(classifyError(withCode('ENOENT', { syscall: 'open' }))).toBe('unknown')
  })

  it('checks the errors of Happy Eyeballs', () => {
    expect(classifyError(new AggregateError([withCode('EOTHER'), withCode('ECONNREFUSED')]))).toBe(
      'connection',
    )
    expect(classifyError(new AggregateError([]))).toBe('unknown')
  })

  it('checks the cause', () => {
    expect(classifyError(new Error('x', { cause: withCode('57P01') }))).toBe('connection')
  })

  it('terminates for circular and for very deep causes', () => {
    const one: Error & { cause?: unknown } = new Error('one')
    const both = new AggregateError([one, withCode('EOTHER', { cause: one })])
    one.cause = new Error('two', { cause: both })
    expect(classifyError(one)).toBe('unknown')
    both.errors.push(withCode('57P01'))
    expect(classifyError(one)).toBe('connection')
    let deep: Error = withCode('57P01')
    for (let depth = 0; depth < 30_000; depth += 1) deep = new Error('x', { cause: deep })
    expect(classifyError(deep)).toBe('connection')
  })

  it('does not treat an error that ended the session as one of a row', () => {
    expect(classifyError(withCode('08P01', { severity: 'FATAL' }))).toBe('connection')
    // A setting in the options of the connection, for example.
    expect(classifyError(withCode('22023', { severity: 'FATAL' }))).toBe('systemic')
  })

  it.each([
    ['23514', {}, 'fault'],
    ['23514', { constraint: 'c' }, 'permanent'],
    ['23514', { constraint_name: 'c' }, 'permanent'],
    ['23514', { dataType: 'domain' }, 'permanent'],
    ['54000', { routine: 'GetNewTransactionId' }, 'fault'],
    ['54000', { routine: 'mdextend' }, 'fault'],
    ['54000', { routine: '_bt_check_third_page' }, 'permanent'],
    ['54000', { routine: 'index_form_tuple_context' }, 'permanent'],
    ['54000', { routine: 'RelationGetBufferForTuple' }, 'permanent'],
  ] as const)('classifies %s with %o as %s', (code, facts, failure) => {
    expect(classifyError(withCode(code, { severity: 'ERROR', ...facts }))).toBe(failure)
  })

  it.each([
    ['53300', 'unknown'],
    ['40001', 'unknown'],
    ['57014', 'unknown'],
    ['42P01', 'unknown'],
    ['2200H', 'unknown'],
    ['23514', 'permanent'],
    ['22023', 'permanent'],
    ['23503', 'ordering'],
  ] as const)(
    'classifies %s that a function raises as %s, because its author chose the code',
    (code, failure) => {
      const facts = { severity: 'ERROR', routine: 'exec_stmt_raise' }
      expect(classifyError(withCode(code, facts))).toBe(failure)
    },
  )

  it('classifies a missing table as systemic', () => {
    expect(classifyError(new SpillwayError('SPILLWAY_TABLE_UNKNOWN', 'x'))).toBe('systemic')
  })

  it.each([undefined, null, 'text', 7, {}])('classifies %s as unknown', (thrown) => {
    expect(classifyError(thrown)).toBe('unknown')
  })
})

describe('sqlState', () => {
  it('distinguishes a SQLSTATE from a code of Node', () => {
    expect(
      ['23505', '40P01', 'XX000', 'P0001', 'EPIPE', 'EPERM', 'ENOENT'].map((code) => sqlState({ code })),
    ).toEqual(['23505', '40P01', 'XX000', 'P0001', undefined, undefined, undefined])
  })

  it('accepts any five digits and capitals if the error has a severity', () => {
    const severity = 'FEHLER'
    expect(
      ['OR001', 'PT403', 'EPIPE', 'or001', 'OR01', 'OR0001'].map((code) => sqlState({ code, severity })),
    ).toEqual(['OR001', 'PT403', 'EPIPE', undefined, undefined, undefined])
  })
})
