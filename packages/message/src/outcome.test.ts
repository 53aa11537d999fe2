import { expect, it } from 'vitest'
import { done, isOutcome, park, retry, toError } from './index.ts'

it.each([done(), retry(), retry({ after: 5 }), park({ code: 'X', detail: 'y' })])(
  'knows %o as an outcome',
  (outcome) => {
    expect(isOutcome(outcome)).toBe(true)
  },
)

it.each([undefined, null, true, 'done', {}, { kind: 'ok' }, { kind: 'park' }, { kind: 'park', reason: {} }])(
  'does not take %o for an outcome',
  (value) => {
    expect(isOutcome(value)).toBe(false)
  },
)

it.each([null, 'x', {}, [null], [{ path: '/a' }], [{ path: ['a'], message: 'of a schema' }]])(
  'does not take park() with the issues %j for an outcome: what parks could not read them',
  (issues) => {
    expect(isOutcome(park({ code: 'X', detail: 'y', issues: issues as never }))).toBe(false)
    const right = [{ path: '/a', message: 'too small' }]
    expect(isOutcome(park({ code: 'X', detail: 'y', issues: right }))).toBe(true)
  },
)

it('keeps what a record is parked for apart from the reason, which travels', () => {
  const cause = new TypeError('price is undefined')
  const outcome = park({ code: 'X', detail: 'y' }, { cause })
  expect(outcome).toEqual({ kind: 'park', reason: { code: 'X', detail: 'y' }, cause })
  expect(outcome.cause).toBe(cause)
  expect(isOutcome(outcome)).toBe(true)
  expect(Object.keys(park({ code: 'X', detail: 'y' }))).toEqual(['kind', 'reason'])
})

it.each([
  [undefined, 'undefined'],
  [null, 'null'],
  ['boom', 'boom'],
  [{ secret: 1 }, 'object'],
])('makes an Error of %o', (thrown, text) => {
  expect(toError(thrown).message).toBe(`a value that is not an Error was thrown: ${text}`)
})
