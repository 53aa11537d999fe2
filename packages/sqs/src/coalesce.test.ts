import type { EncodedMessage, SendResult, TimeLimit } from '@spillway/message'
import { createSemaphore } from '@spillway/transport'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type CoalesceOptions, coalesce } from './coalesce.ts'
import { virtualClock } from './testing/virtual-clock.ts'

afterEach(() => vi.unstubAllEnvs())

/** When the only message of a call is sent; `undefined` where messages are not gathered. */
async function sentAt(options: CoalesceOptions): Promise<number | undefined> {
  const clock = virtualClock()
  let at: number | undefined
  const coalescer = coalesce(options).start({
    clock,
    fifo: false,
    semaphore: createSemaphore(1),
    async send() {
      at = clock.now()
      return [{ status: 'accepted' } satisfies SendResult]
    },
  })
  const limit: TimeLimit = { signal: new AbortController().signal, remainingTime: () => 60_000 }
  const message: EncodedMessage = { key: 'k', body: '{}' }
  void coalescer?.send([{ index: 0, message, bytes: 2 }], limit)
  await clock.advance(2000)
  return at
}

describe('when', () => {
  const lambda = { AWS_LAMBDA_FUNCTION_NAME: 'f' }
  it.each<[string, Readonly<Record<string, string>>, number | undefined]>([
    ['plain Lambda', lambda, undefined],
    ['plain Lambda that says so', { ...lambda, AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand' }, undefined],
    ['one request at a time', { ...lambda, AWS_LAMBDA_MAX_CONCURRENCY: '1' }, undefined],
    ['nonsense', { ...lambda, AWS_LAMBDA_MAX_CONCURRENCY: 'many' }, undefined],
    ['many requests at a time', { ...lambda, AWS_LAMBDA_MAX_CONCURRENCY: '64' }, 5],
    ['managed instances', { ...lambda, AWS_LAMBDA_INITIALIZATION_TYPE: 'lambda-managed-instances' }, 5],
    ['a container', {}, 5],
  ])('decides for %s', async (_, environment, expected) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
    expect(await sentAt({})).toBe(expected)
    expect(await sentAt({ when: 'auto' })).toBe(expected)
    expect(await sentAt({ when: 'always' })).toBe(5)
  })
})

it('waits as long as it is told', async () => {
  expect(await sentAt({ maxWait: 0 })).toBe(0)
  expect(await sentAt({ maxWait: 1000 })).toBe(1000)
})

it.each([
  [{ maxWaite: 1 }, 'coalesce has no option `maxWaite`. Its options are maxWait, when.'],
  [{ maxWait: -1 }, 'coalesce: the option `maxWait` must be an integer from 0 to 1000.'],
  [{ when: true }, "coalesce: the option `when` must be one of 'auto', 'always'."],
])('refuses %j', (options, message) => {
  expect(() => coalesce(options as CoalesceOptions)).toThrow(message)
})
