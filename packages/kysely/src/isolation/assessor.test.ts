import type { RetryOutcome } from '@spillway/message'
import { describe, expect, it } from 'vitest'
import { classifyError } from '../errors/classify-error.ts'
import { createAssessor } from './assessor.ts'
import { createHealth, createOutageMemory } from './health.ts'
import type { Assessment, Candidate } from './isolate.ts'

const postgres = (code: string) => ({ code, severity: 'ERROR' })
const mysql = (errno: number, sqlState = 'HY000') => ({ code: 'ER_SOME', errno, sqlState })

/** The outcomes of a failed row in a batch of this many rows: by itself, and if the database wrote another row. */
function assessed(facts: object, rows: number, isOtherWritten: boolean) {
  const error = Object.assign(new Error('no'), facts)
  const health = createHealth()
  const assess = createAssessor(rows, health)
  const assessment: Assessment<Candidate> = assess({ kind: 'failed', failure: classifyError(error), error })
  if (isOtherWritten) assess({ kind: 'ok', value: undefined })
  return assessment.outcome({ receiveCount: 1 }) as RetryOutcome
}

const notAtFault: readonly (readonly [string, object])[] = [
  ['a lock', postgres('55P03')],
  ['a statement that takes too long', postgres('57014')],
  ['memory', postgres('53200')],
  ['a disk that is full', postgres('53100')],
  ['another resource', postgres('53000')],
  ['an I/O error', postgres('58030')],
  ['a missing file', postgres('58P01')],
  ['a system error', postgres('58000')],
  ['a broken page', postgres('XX001')],
  ['an internal error', postgres('XX000')],
  ['a deadlock', postgres('40P01')],
  ['a missing table', postgres('42P01')],
  ['missing rights', postgres('42501')],
  ['a wrong password', postgres('28P01')],
  ['an error without a code', {}],
  ['a code of Node', { code: 'ERR_ODD' }],
  ['a lock of MySQL', mysql(1205)],
  ['a NOWAIT of MySQL', mysql(3572)],
  ['a full disk of MySQL', mysql(1021)],
  ['a file that MySQL cannot write', mysql(3)],
  ['a full device', mysql(28)],
  ['a full table', mysql(1114)],
  ['a storage engine of MySQL', mysql(1030)],
  ['an unknown error of MySQL', mysql(1105)],
]

describe('an error that no record causes', () => {
  it.each(notAtFault)('is an outage if and only if it hits the whole batch: %s', (_, facts) => {
    expect(assessed(facts, 10, false)).toMatchObject({ kind: 'retry', unavailable: true })
    expect(assessed(facts, 10, true)).toMatchObject({ kind: 'retry' })
    expect(assessed(facts, 10, true)).not.toHaveProperty('unavailable')
    for (const isOtherWritten of [true, false]) {
      expect(assessed(facts, 10, isOtherWritten)).not.toHaveProperty('after')
    }
  })

  it.each([
    ...['53300', '25006', '57P01', '08006'].map(postgres),
    ...[1040, 1203, 1290, 1792, 1836].map((errno) => mysql(errno)),
  ])('is reported by its code if the database does not accept writes: %j', (facts) => {
    expect(assessed(facts, 10, true)).toMatchObject({ cause: { code: 'SPILLWAY_DATABASE_UNAVAILABLE' } })
  })

  it.each([postgres('42501'), postgres('42601'), postgres('0A000')])(
    'may be caused by the only row of a batch: %j',
    (facts) => {
      expect(assessed(facts, 1, false)).not.toHaveProperty('unavailable')
    },
  )

  it.each([postgres('55P03'), postgres('57014'), postgres('58030'), {}])(
    'is an outage for the only row of a batch, too: %j',
    (facts) => {
      expect(assessed(facts, 1, false)).toMatchObject({ unavailable: true })
    },
  )
})

// A row with its own fault is parked if it blocks others and is too old.
it.each([postgres('23503'), postgres('P0001'), postgres('44000'), mysql(1644, '45000')])(
  'a row causes %j, regardless of the other rows',
  (facts) => {
    for (const isOtherWritten of [true, false]) {
      expect(assessed(facts, 10, isOtherWritten)).toMatchObject({ kind: 'retry', unavailable: false })
    }
  },
)

it('a database that refuses a row for its values is up, so other failures are not an outage', () => {
  const assess = createAssessor(10, createHealth())
  const failed = (code: string) => {
    const error = Object.assign(new Error('no'), postgres(code), { constraint: 'c' })
    return assess({ kind: 'failed', failure: classifyError(error), error })
  }
  const { outcome } = failed('55P03')
  failed('23514')
  expect(outcome({ receiveCount: 1 })).not.toHaveProperty('unavailable')
})

describe.each([postgres('55P03'), postgres('53200'), postgres('58030'), postgres('42501')])('%j', (facts) => {
  const error = Object.assign(new Error('no'), facts)
  const failed = { kind: 'failed', failure: classifyError(error), error } as const
  const stepsOf = (assess: ReturnType<typeof createAssessor>, count: number) =>
    Array.from({ length: count }, () => assess(failed).step)

  it('ends the search after the depth of the batch and eight statements, if nothing was written', () => {
    const steps = stepsOf(createAssessor(100, createHealth()), 20)
    expect(steps.slice(0, 15)).not.toContain('settle')
    expect(new Set(steps.slice(15))).toEqual(new Set(['settle']))
  })

  it('causes no search if the previous batch was refused as a whole a short time ago', () => {
    let now = 0
    const memory = createOutageMemory({ now: () => now, sleep: async () => undefined })
    const steps = () => {
      const health = createHealth(memory)
      const found = stepsOf(createAssessor(100, health), 2)
      health.end()
      return found
    }
    const searched = steps()
    expect(searched).not.toContain('sample')
    expect(steps()).toEqual(['sample', 'stop'])
    now = 59_999
    expect(steps()).toEqual(['sample', 'stop'])
    now = 60_000
    expect(steps()).toEqual(searched)
    createHealth(memory).prove()
    expect(steps()).toEqual(searched)
  })
})

it('a time-out is handled by the pace, not by the memory of an outage', () => {
  const memory = createOutageMemory({ now: () => 0, sleep: async () => undefined })
  const error = Object.assign(new Error('no'), postgres('57014'))
  for (let batch = 0; batch < 2; batch++) {
    const health = createHealth(memory)
    const assess = createAssessor(100, health)
    const steps = Array.from({ length: 3 }, () => assess({ kind: 'failed', failure: 'tooSlow', error }).step)
    expect(steps).toEqual(['halve', 'halve', 'halve'])
    health.end()
  }
})
