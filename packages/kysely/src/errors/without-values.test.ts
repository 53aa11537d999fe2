import { inspect } from 'node:util'
import { SpillwayError } from '@spillway/message'
import { describe, expect, it } from 'vitest'
import { withoutValues } from './without-values.ts'

function databaseError(message = 'invalid input syntax for type integer: "secret"', code = '22P02') {
  return Object.assign(new Error(message), { code, detail: 'Key (id)=(secret)', where: 'secret' })
}
const shown = (error: Error) => inspect(error, { depth: 20, showHidden: true })

describe('withoutValues', () => {
  it('keeps the code, the stack and a description without values of a database’s error', () => {
    const error = withoutValues(databaseError())
    expect(error).toMatchObject({
      code: '22P02',
      message: 'SQLSTATE 22P02: a value is malformed for the type of its column (type integer)',
    })
    expect(error.stack).toMatch(/^Error: SQLSTATE 22P02: .*\n +at databaseError .*without-values\.test\.ts/)
    expect(shown(error)).not.toContain('secret')
  })

  it('removes the values from causes, and from messages that repeat them', () => {
    const inner = databaseError()
    const outer = new TypeError(`the order failed: ${inner.message}`, { cause: inner })
    const error = withoutValues(outer)
    expect(error.message).toMatch(/^the order failed: SQLSTATE 22P02: /)
    expect(error).toMatchObject({ name: 'TypeError', cause: { code: '22P02' } })
    expect(error.stack).toMatch(/^TypeError: the order failed: .*\n +at .*without-values\.test\.ts/)
    expect(shown(error)).not.toContain('secret')
    const ours = withoutValues(new SpillwayError('SPILLWAY_WRITE_FAILED', 'x', { cause: inner }))
    expect(ours).toBeInstanceOf(SpillwayError)
    expect(ours).toMatchObject({ code: 'SPILLWAY_WRITE_FAILED', cause: { code: '22P02' } })
    const many = withoutValues(new AggregateError([new Error('a'), inner], 'both'))
    expect(many).toMatchObject({ message: 'both', errors: [{ message: 'a' }, { code: '22P02' }] })
    expect(shown(many)).not.toContain('secret')
  })

  it('does not change an error that contains no error of a database', () => {
    const error = new TypeError('price is undefined', {
      cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
    })
    expect(withoutValues(error)).toBe(error)
    expect(withoutValues('text').message).toBe('a value that is not an Error was thrown: text')
  })

  it('terminates for circular and for very deep causes', () => {
    const one: Error & { cause?: unknown } = new Error('one')
    one.cause = new AggregateError([one, databaseError()])
    expect(shown(withoutValues(one))).not.toContain('secret')
    let deep: Error = databaseError()
    for (let depth = 0; depth < 5_000; depth += 1) deep = new Error('x', { cause: deep })
    expect(shown(withoutValues(deep))).not.toContain('secret')
  })
})
