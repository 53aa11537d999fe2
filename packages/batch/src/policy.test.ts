import { done, type MessageRecord, type Outcome, park, retry, type TimeLimit } from '@spillway/message'
import { describe, expect, it } from 'vitest'
import { eachRecord } from './index.ts'
import { type Order, order, orderRecord, virtualRun } from './testing/virtual-run.ts'

const records = ['a', 'b', 'c'].map((id) => orderRecord(id))
const failing = async (): Promise<never> => {
  throw new TypeError('boom')
}
const shapes = { 'a whole batch': failing, 'each record': eachRecord<Order>(failing) }

describe.each(Object.entries(shapes))('onError of %s', (_, handler) => {
  it('decides for each record, by the error and the message', async () => {
    const asked: [string, string][] = []
    const onError = (error: Error, { key }: MessageRecord<Order>): Outcome => {
      asked.push([error.message, key])
      if (key === 'a') return park({ code: error.name, detail: 'never' })
      return key === 'b' ? done() : retry({ after: 3 })
    }
    const result = await virtualRun({ records, handler, options: { onError } })
    expect(asked).toStrictEqual(['a', 'b', 'c'].map((key) => ['boom', key]))
    expect(result.parked).toStrictEqual([{ id: 'a', reason: { code: 'TypeError', detail: 'never' } }])
    expect([result.failed, result.delayed]).toStrictEqual([['c'], { c: 3 }])
  })

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('policy')
      },
    ],
    ['answers nothing', () => undefined],
    ['answers nonsense', () => ({ kind: 'ok' })],
    ['is asynchronous', async () => done()],
    ['is asynchronous and rejects', async () => Promise.reject(new Error('late'))],
  ])('that %s has decided nothing: all are retried', async (_, policy) => {
    const result = await virtualRun({ records, handler, options: { onError: policy as () => Outcome } })
    expect(result.failed).toStrictEqual(['a', 'b', 'c'])
    expect(result.parked).toStrictEqual([])
  })

  it('has all retried where there is none, with what was thrown', async () => {
    const { failed, settled, summary } = await virtualRun({ records, handler })
    expect(failed).toStrictEqual(['a', 'b', 'c'])
    expect(settled[0]).toMatchObject({ reason: { message: 'boom' } })
    expect(summary?.codes).toStrictEqual({ TypeError: 3 })
  })
})

describe.each([
  ['a whole batch', (handle: typeof heedful) => handle],
  ['each record', (handle: typeof heedful) => eachRecord<Order>(handle)],
])('onError of %s whose time is over', (_, handlerOf) => {
  const parkAll = (error: Error) => park({ code: error.name, detail: 'x' })

  it.each<[string, (reason: unknown) => unknown]>([
    ['the reason of the signal', (reason) => reason],
    ['an AbortError', () => Object.assign(new Error('aborted'), { name: 'AbortError' })],
    ['an error above it', (cause) => new Error('the request failed', { cause })],
  ])('is not asked for %s: nothing is wrong with the record', async (_, toThrown) => {
    const handler = handlerOf((_, limit) => heedful(_, limit, toThrown))
    const result = await virtualRun({ records, handler, options: { onError: parkAll } })
    expect([result.failed, result.parked]).toStrictEqual([['a', 'b', 'c'], []])
    expect(result.summary?.codes).toStrictEqual({ SPILLWAY_DEADLINE: 3 })
  })

  it('is asked for another error', async () => {
    const handler = handlerOf((_, limit) => heedful(_, limit, () => new TypeError('bad')))
    const result = await virtualRun({ records, handler, options: { onError: parkAll } })
    expect(result.parked.map(({ id, reason }) => [id, reason.code])).toStrictEqual(
      ['a', 'b', 'c'].map((id) => [id, 'TypeError']),
    )
  })
})

/** Runs until it is told to stop. */
function heedful(_: unknown, { signal }: TimeLimit, toThrown = (reason: unknown) => reason): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(toThrown(signal.reason)))
  })
}

it.each([3, 2])(
  'a writer that forgot Promise.all, for %i records of 3, has all retried and no rejection is left',
  async (count) => {
    const rejections: unknown[] = []
    const onRejection = (thrown: unknown) => void rejections.push(thrown)
    process.on('unhandledRejection', onRejection)
    const handler = (async () => records.slice(0, count).map(failing)) as never
    const { failed } = await virtualRun({ records, handler })
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', onRejection)
    expect([failed, rejections]).toStrictEqual([['a', 'b', 'c'], []])
  },
)

it.each([undefined, 'text', { secret: 1 }])('onError gets an Error, though %o was thrown', async (thrown) => {
  const errors: Error[] = []
  const handler = eachRecord<Order>(async () => {
    throw thrown
  })
  const onError = (error: Error) => {
    errors.push(error)
    return retry()
  }
  await virtualRun({ records, handler, options: { onError } })
  expect(errors).toHaveLength(3)
  for (const error of errors) expect(error).toBeInstanceOf(Error)
})

it('onError is not asked for what is no error of the handler: an answer that is none, a schema that throws', async () => {
  const asked: string[] = []
  const onError = (_: Error, { key }: MessageRecord<Order>) => {
    asked.push(key)
    return done()
  }
  const handler = eachRecord<Order>(async () => undefined as never)
  expect((await virtualRun({ records, handler, options: { onError } })).failed).toStrictEqual(['a', 'b', 'c'])
  expect([asked, order.name]).toStrictEqual([[], 'order'])
})
