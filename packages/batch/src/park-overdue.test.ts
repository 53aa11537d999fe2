import { type Outcome, type RetryOutcome, retry, type SourceRecord, SpillwayError } from '@spillway/message'
import { expect, it } from 'vitest'
import { parkOverdue } from './park-overdue.ts'

// On a stream a record that is retried holds up all that comes after it: it is parked once it is too old, unless nothing
// says that it is to blame.

const overdue: SourceRecord = { id: '1', body: '', lane: 'a', receiveCount: 1, overdue: true }
const codeOf = (outcome: Outcome) => (outcome.kind === 'park' ? outcome.reason.code : outcome.kind)
const failed = (code: string, cause?: unknown) => new SpillwayError(code as never, 'no', { cause })
const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })

it.each<[string, RetryOutcome, string]>([
  ['its handler throws', retry({ cause: new TypeError('x') }), 'SPILLWAY_RECORD_OVERDUE'],
  ['it gives no reason', retry(), 'SPILLWAY_RECORD_OVERDUE'],
  [
    'it is of a later version',
    retry({ cause: failed('SPILLWAY_ENVELOPE_INVALID') }),
    'SPILLWAY_ENVELOPE_INVALID',
  ],
  [
    'nothing says where its body is',
    retry({ cause: failed('SPILLWAY_CLAIM_FAILED') }),
    'SPILLWAY_CLAIM_FAILED',
  ],
  [
    'its body may not be read',
    retry({ cause: failed('SPILLWAY_CLAIM_FAILED', new Error('AccessDenied')) }),
    'SPILLWAY_CLAIM_FAILED',
  ],
  [
    'a writer says that the row is to blame',
    retry({ cause: failed('SPILLWAY_WRITE_FAILED'), unavailable: false }),
    'SPILLWAY_WRITE_FAILED',
  ],
])('is parked when %s', (_, outcome, code) => {
  expect(codeOf(parkOverdue(overdue, outcome))).toBe(code)
  expect(parkOverdue({ ...overdue, overdue: false }, outcome)).toBe(outcome)
})

it.each<[string, RetryOutcome]>([
  ['the database is down', retry({ cause: failed('SPILLWAY_DATABASE_UNAVAILABLE') })],
  ['what it needs is down', retry({ cause: new Error('x'), unavailable: true })],
  ['the store of bodies cannot be reached', retry({ cause: failed('SPILLWAY_CLAIM_FAILED', refused) })],
  ['a write fails, and nobody knows for which row', retry({ cause: failed('SPILLWAY_WRITE_FAILED') })],
  ['the time is over', retry({ cause: failed('SPILLWAY_DEADLINE') })],
])('is retried when %s', (_, outcome) => {
  expect(parkOverdue(overdue, outcome)).toBe(outcome)
})
