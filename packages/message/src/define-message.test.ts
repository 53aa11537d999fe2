import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { createMessage, defineMessage, SpillwayError } from './index.ts'

const schema = z.object({ id: z.string() })
const at = { time: new Date(0) }

function errorOf(run: () => unknown): { code: string; message: string } {
  try {
    run()
  } catch (error) {
    if (error instanceof SpillwayError) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('defineMessage', () => {
  it('names an unknown option and lists the known ones', () => {
    const options = { name: 'a', schema, keys: () => 'k' }
    expect(errorOf(() => defineMessage(options))).toStrictEqual({
      code: 'SPILLWAY_OPTION_INVALID',
      message:
        'defineMessage has no option `keys`. Its options are name, schema, key, group, version, upcast.',
    })
  })

  it('refuses a Node before 22 with a sentence', () => {
    const { withResolvers } = Promise
    Reflect.deleteProperty(Promise, 'withResolvers')
    try {
      expect(errorOf(() => defineMessage({ name: 'a', schema }))).toStrictEqual({
        code: 'SPILLWAY_NODE_UNSUPPORTED',
        message: `Spillway needs Node 22 or newer; this is Node ${process.versions.node}.`,
      })
    } finally {
      Promise.withResolvers = withResolvers
    }
  })

  it.each([
    [{ schema }, 'defineMessage: the option `name` is missing; it must be a string of 1 to 128 characters.'],
    [{ name: '', schema }, 'defineMessage: the option `name` must be a string of 1 to 128 characters.'],
    [
      { name: 'a', schema: {} },
      'defineMessage: the option `schema` must be a Standard Schema validator, for example z.object({ … }).',
    ],
    [{ name: 'a', schema, version: 0 }, 'defineMessage: the option `version` must be an integer from 1 up.'],
    [{ name: 'a', schema, key: 'id' }, 'defineMessage: the option `key` must be a function.'],
    [
      { name: 'a', schema, xyzzy: 1 },
      'defineMessage has no option `xyzzy`. Its options are name, schema, key, group, version, upcast.',
    ],
  ])('refuses %o', (options, message) => {
    // @ts-expect-error the options are wrong on purpose
    expect(errorOf(() => defineMessage(options))).toStrictEqual({ code: 'SPILLWAY_OPTION_INVALID', message })
  })
})

describe('createMessage', () => {
  it('takes key and group from the body', () => {
    const order = defineMessage({ name: 'a', schema, key: (b) => `k-${b.id}`, group: (b) => `g-${b.id}` })
    expect(createMessage(order, { id: '1' }, at)).toMatchObject({ key: 'k-1', group: 'g-1', version: 1 })
  })

  it('mints a UUIDv7 for a message without a key', () => {
    const event = defineMessage({ name: 'a', schema })
    const [one, two] = [createMessage(event, { id: '1' }, at), createMessage(event, { id: '1' }, at)]
    expect(one.key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(two.key).not.toBe(one.key)
  })

  it.each(['', 'x'.repeat(257), 'a\0', '\uFFFF', '\uD800'])('refuses the key %o', (key) => {
    const order = defineMessage({ name: 'a', schema, key: () => key })
    expect(errorOf(() => createMessage(order, { id: '1' }, at)).code).toBe('SPILLWAY_KEY_INVALID')
  })

  it.each(['', 'x'.repeat(129)])('refuses the group %o', (group) => {
    const order = defineMessage({ name: 'a', schema, group: () => group })
    expect(errorOf(() => createMessage(order, { id: '1' }, at)).code).toBe('SPILLWAY_GROUP_INVALID')
  })

  it.each(['key', 'group'])('blames the definition for a %s that is asynchronous', (option) => {
    const order = defineMessage({ name: 'a', schema, [option]: async () => 'a' })
    expect(errorOf(() => createMessage(order, { id: '1' }, at))).toMatchObject({
      code: 'SPILLWAY_OPTION_INVALID',
      message: `The option \`${option}\` of the message a is asynchronous, but must not return a promise. Await what it needs earlier, in the handler or a middleware.`,
    })
  })

  it.each([
    ['key', 7, 'number'],
    ['key', undefined, 'undefined'],
    ['group', null, 'null'],
  ])('blames the definition for the %s %o, not the body', (option, given, kind) => {
    const order = defineMessage({ name: 'a', schema, [option]: () => given })
    expect(errorOf(() => createMessage(order, { id: '1' }, at))).toMatchObject({
      code: 'SPILLWAY_OPTION_INVALID',
      message: `The option \`${option}\` of the message a has to return a string, not ${kind}.`,
    })
  })
})
