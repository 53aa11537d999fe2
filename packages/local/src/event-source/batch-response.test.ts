import { expect, it } from 'vitest'
import { readBatchResponse } from './batch-response.ts'

const ids = ['a', 'b', 'c']
const failures = (...list: unknown[]) => ({ batchItemFailures: list })

it.each([
  ['undefined', undefined],
  ['null', null],
  ['an empty string', ''],
  ['an empty object', {}],
  ['an object with other properties', { statusCode: 200 }],
  ['no failures', failures()],
  ['null for the failures', { batchItemFailures: null }],
])('treats %s as a complete success', (_, payload) => {
  expect(readBatchResponse(ids, payload)).toEqual({ failed: new Set(), problem: undefined })
})

it('reads a partial failure', () => {
  const payload = failures({ itemIdentifier: 'c' }, { itemIdentifier: 'a' }, { itemIdentifier: 'c' })
  expect(readBatchResponse(ids, payload)).toEqual({ failed: new Set(['a', 'c']), problem: undefined })
})

it.each([
  ['an unknown id', failures({ itemIdentifier: 'x' }), "itemIdentifier 'x' is not"],
  ['a known and an unknown id', failures({ itemIdentifier: 'a' }, { itemIdentifier: 'x' }), "'x' is not"],
  ['an empty id', failures({ itemIdentifier: '' }), 'has no itemIdentifier'],
  ['a null id', failures({ itemIdentifier: null }), 'has no itemIdentifier'],
  ['a number as id', failures({ itemIdentifier: 1 }), 'has no itemIdentifier'],
  ['a wrong key', failures({ itemIdentifer: 'a' }), 'has no itemIdentifier'],
  ['a bare id', failures('a'), 'has no itemIdentifier'],
  ['a null entry', failures(null), 'has no itemIdentifier'],
  ['failures that are an object', { batchItemFailures: { itemIdentifier: 'a' } }, 'an object, not an array'],
  ['failures that are a string', { batchItemFailures: 'a' }, 'a string, not an array'],
  ['a string', 'done', 'the response is a string'],
  ['a number', 0, 'the response is a number'],
  ['a boolean', false, 'the response is a boolean'],
  ['an array', [{ itemIdentifier: 'a' }], 'the response is an array'],
])('treats %s as a complete failure', (_, payload, problem) => {
  const response = readBatchResponse(ids, payload)
  expect(response.failed).toEqual(new Set(ids))
  expect(response.problem).toContain(problem)
})
