import { expect, it } from 'vitest'
import { findLimits, type LimitMeasures } from './find-limits.ts'

const easy: LimitMeasures = {
  budget: 9,
  refusedConnections: 0,
  failed: 0,
  busy: { processor: 0.5, runtime: 0.4 },
  lateMs: 3,
}

it('names the limits of a design, the connections first', () => {
  const limits = findLimits({
    budget: 9,
    refusedConnections: 1234,
    failed: 1300,
    busy: { processor: 0.97, runtime: 0.912 },
    lateMs: 250.4,
  })
  expect(limits).toStrictEqual([
    { by: 'connections', why: 'the functions may hold 9 connections, and the database refused 1,234 more' },
    { by: 'processor', why: 'the processor of this machine was busy for 97 % of the flood' },
    { by: 'runtime', why: 'the process of the local gateway and queue was busy for 91 % of the flood' },
    {
      by: 'load generator',
      why: 'one request in a hundred was sent 250 ms late or later, which is part of its latency',
    },
  ])
})

it('names no limit of a design that accepted all requests', () => {
  expect(findLimits(easy)).toStrictEqual([
    { by: 'nothing', why: 'it handled the flood and had capacity left' },
  ])
})

it('does not report free capacity after failures of another kind', () => {
  expect(findLimits({ ...easy, failed: 3 })).toStrictEqual([
    { by: 'unknown', why: 'requests failed for another reason; see the messages above' },
  ])
})

it('writes one connection in the singular', () => {
  expect(findLimits({ ...easy, budget: 1, refusedConnections: 2 })[0]?.why).toBe(
    'the functions may hold 1 connection, and the database refused 2 more',
  )
})
