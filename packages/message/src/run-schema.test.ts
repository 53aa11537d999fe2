import * as v from 'valibot'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import { decodeMessage, defineMessage, encodeMessage, validateBody } from './index.ts'

// zod drops a promise that it met in a synchronous run; when that rejects, Node ends the process.

const down = new Error('connect ECONNREFUSED')
const unhandled: unknown[] = []
const keep = (reason: unknown) => void unhandled.push(reason)
let others: NodeJS.UnhandledRejectionListener[] = []
beforeEach(() => {
  unhandled.length = 0
  others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', keep)
})
afterEach(() => {
  process.removeAllListeners('unhandledRejection')
  for (const listener of others) process.on('unhandledRejection', listener)
})
/** Node tells of unhandled rejections once the microtasks are done. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

const wire = (body: unknown) => encodeMessage({ name: 'a', version: 1, key: 'k', time: new Date(0), body })

describe.each([
  ['zod', (check: (id: string) => Promise<boolean>) => z.object({ id: z.string().refine(check) })],
  ['zod, at the top', (check: (id: string) => Promise<boolean>) => z.string().transform(check)],
  [
    'zod/mini',
    (check: (id: string) => Promise<boolean>) => mini.object({ id: mini.string().check(mini.refine(check)) }),
  ],
  [
    'valibot',
    (check: (id: string) => Promise<boolean>) =>
      v.objectAsync({ id: v.pipeAsync(v.string(), v.checkAsync(check)) }),
  ],
])('an asynchronous check of %s', (library, schemaOf) => {
  const valid = library.endsWith('top') ? 'a' : { id: 'a' }

  it('that rejects rejects with its cause, the first time and later', async () => {
    let fails = true
    const check = async () => {
      if (fails) throw down
      return true
    }
    const definition = defineMessage({ name: 'a', schema: schemaOf(check) })
    await expect(decodeMessage(definition, wire(valid))).rejects.toBe(down)
    await expect(validateBody(definition, valid)).rejects.toBe(down)
    fails = false
    expect(await decodeMessage(definition, wire(valid))).toMatchObject({ ok: true })
    fails = true
    await expect(validateBody(definition, valid)).rejects.toBe(down)
    await settled()
    expect(unhandled).toStrictEqual([])
  })

  it('is reached by the first value that gets that far', async () => {
    const definition = defineMessage({ name: 'a', schema: schemaOf(() => Promise.reject(down)) })
    for (let times = 0; times < 3; times++) {
      expect(await validateBody(definition, { id: 7 })).toMatchObject({ ok: false })
    }
    await expect(validateBody(definition, valid)).rejects.toBe(down)
    await settled()
    expect(unhandled).toStrictEqual([])
  })
})

it('has words for the issues, in whichever way it is run', async () => {
  const schema = z.object({ id: z.string().refine(async (id) => id !== 'taken', 'exists already') })
  const definition = defineMessage({ name: 'a', schema })
  const taken = { ok: false, issues: [{ path: '/id', message: 'exists already' }] }
  const wrong = {
    ok: false,
    issues: [{ path: '/id', message: 'Invalid input: expected string, received number' }],
  }
  expect(await validateBody(definition, { id: 7 })).toStrictEqual(wrong)
  expect(await validateBody(definition, { id: 'taken' })).toStrictEqual(taken)
  expect(await validateBody(definition, { id: 7 })).toStrictEqual(wrong)
  expect(await validateBody(definition, { id: 'taken' })).toStrictEqual(taken)
  expect(await validateBody(definition, { id: 'free' })).toStrictEqual({ ok: true, body: { id: 'free' } })
})

it('runs a check once for a value, but for the first that is not valid', async () => {
  let runs = 0
  const schema = z.object({
    id: z.string().refine(() => {
      runs++
      return true
    }),
  })
  const definition = defineMessage({ name: 'a', schema })
  for (let times = 0; times < 3; times++) await validateBody(definition, { id: 'a' })
  expect(runs).toBe(3)
})
