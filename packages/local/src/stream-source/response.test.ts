import { expect, it } from 'vitest'
import { readStreamResponse } from './response.ts'

const numbers = ['10', '20', '30', '100']
const failures = (...list: unknown[]) => ({ batchItemFailures: list })
const ids = (...list: unknown[]) => failures(...list.map((itemIdentifier) => ({ itemIdentifier })))

it.each([
  ['undefined', undefined],
  ['null', null],
  ['an empty string', ''],
  ['an empty object', {}],
  ['no failures', failures()],
  ['null for the failures', { batchItemFailures: null }],
])('treats %s as a complete success', (_, payload) => {
  expect(readStreamResponse(numbers, payload)).toEqual({ done: 4, problem: undefined })
})

it.each([
  ['one number', ids('20'), 1],
  ['several, in any order', ids('100', '30', '100'), 2],
  ['the first', ids('100', '10'), 0],
  ['numbers that do not sort as texts', ids('100'), 3],
])('uses the lowest sequence number as the checkpoint: %s', (_, payload, done) => {
  expect(readStreamResponse(numbers, payload)).toEqual({ done, problem: undefined })
})

it('compares sequence numbers that are too large for a JavaScript number', () => {
  const large = ['9007199254740992', '9007199254740993', '9007199254740994']
  expect(readStreamResponse(large, ids(large[1])).done).toBe(1)
})

it.each([
  ['a number between two records', ids('25'), 2],
  ['a number before all', ids('5'), 0],
  ['a number after all', ids('101'), 0],
  ['a record and a number before it', ids('100', '25'), 2],
])('never treats a failed record as done: %s', (_, payload, done) => {
  const response = readStreamResponse(numbers, payload)
  expect(response.done).toBe(done)
  expect(response.problem).toContain('is not the sequence number of a record')
})

it.each([
  ['an empty id', ids('20', ''), 'has no itemIdentifier'],
  ['a null id', ids(null), 'has no itemIdentifier'],
  ['a number as id', ids(20), 'has no itemIdentifier'],
  ['a wrong key', failures({ itemIdentifer: '20' }), 'has no itemIdentifier'],
  ['an id that is no number', ids('20', 'shardId-000000000000:20'), 'is not a sequence number'],
  ['a negative number', ids('-1'), 'is not a sequence number'],
  ['failures that are no array', { batchItemFailures: '20' }, 'a string, not an array'],
  ['a string', 'done', 'the response is a string'],
])('treats %s as a complete failure', (_, payload, problem) => {
  const response = readStreamResponse(numbers, payload)
  expect(response.done).toBe(0)
  expect(response.problem).toContain(problem)
})
