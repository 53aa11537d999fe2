import { getEventListeners } from 'node:events'
import type { TimeLimit } from '@spillway/message'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { atEnd, limitByTime, within, workingTime } from './time.ts'

function limit(remaining: number) {
  const controller = new AbortController()
  const own: TimeLimit = { signal: controller.signal, remainingTime: () => remaining }
  return { own, controller }
}

/** Runs until it is told to stop; answers why. */
const untilAborted = ({ signal }: TimeLimit) =>
  new Promise<unknown>((resolve) => {
    if (signal.aborted) resolve(signal.reason)
    signal.addEventListener('abort', () => resolve(signal.reason))
  })

describe('within', () => {
  it.each([
    ['its own milliseconds', 60_000, 20],
    ['the outer limit', 20, 60_000],
  ])('ends after %s', async (_, remaining, ms) => {
    const { own } = limit(remaining)
    const startedAt = performance.now()
    await expect(within(own, ms, untilAborted)).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(performance.now() - startedAt).toBeLessThan(5000)
  })

  it.each(['before', 'meanwhile'])('ends when the outer one is aborted %s, for its reason', async (when) => {
    const { own, controller } = limit(60_000)
    const reason = new Error('enough')
    if (when === 'before') controller.abort(reason)
    const running = within(own, 60_000, untilAborted)
    controller.abort(reason)
    await expect(running).rejects.toBe(reason)
  })

  it.each(['its time', 'its limit'])(
    'ends with %s although what it runs does not heed its signal',
    async (which) => {
      const { own, controller } = limit(60_000)
      const signals: AbortSignal[] = []
      const running = within(own, which === 'its time' ? 20 : 60_000, ({ signal }) => {
        signals.push(signal)
        return new Promise(() => undefined)
      })
      if (which === 'its limit') controller.abort()
      await expect(running).rejects.toThrow()
      expect(signals[0]?.aborted).toBe(true)
    },
  )

  it('tells what it runs throws at once', async () => {
    const broken = () => {
      throw new Error('broken')
    }
    await expect(within(limit(60_000).own, 60_000, broken)).rejects.toThrow('broken')
  })

  it('has the shorter of both times', async () => {
    const remaining = async ({ remainingTime }: TimeLimit) => remainingTime()
    expect(await within(limit(700).own, 60_000, remaining)).toBe(700)
    expect(await within(limit(60_000).own, 700, remaining)).toBeLessThanOrEqual(700)
  })

  it('leaves nothing behind, whatever comes of it', async () => {
    const { own, controller } = limit(60_000)
    const signals: AbortSignal[] = []
    const keep = async ({ signal }: TimeLimit) => void signals.push(signal)
    await within(own, 60_000, keep)
    await within(own, 60_000, async (inner) => {
      await keep(inner)
      throw new Error('broken')
    }).catch(() => undefined)
    expect(getEventListeners(own.signal, 'abort')).toHaveLength(0)
    controller.abort()
    expect(signals.map(({ aborted }) => aborted)).toStrictEqual([false, false])
  })
})

describe('a limit that ends by its time alone', () => {
  it('makes its signal for who asks, and no sooner', async () => {
    const made = vi.spyOn(AbortSignal, 'timeout')
    onTestFinished(() => made.mockRestore())
    const own = limitByTime(() => 60_000, 100)
    expect(workingTime(own)).toBe(59_750)
    await expect(within(own, 20, untilAborted)).rejects.toMatchObject({ name: 'TimeoutError' })
    atEnd(own).stop()
    expect(made.mock.calls).toStrictEqual([])
    expect(own.signal).toBe(own.signal)
    expect(made.mock.calls).toStrictEqual([[59_900]])
  })

  it.each([0, -1, Number.NaN])('is over at once with %o milliseconds left', (left) => {
    expect(limitByTime(() => left).signal).toMatchObject({ aborted: true, reason: { name: 'TimeoutError' } })
  })

  it('is another one when it is copied: that may have a signal of its own', async () => {
    const reason = new Error('enough')
    const copy = { ...limitByTime(() => 60_000), signal: AbortSignal.abort(reason) }
    expect(workingTime(copy)).toBe(0)
    await expect(within(copy, 60_000, untilAborted)).rejects.toBe(reason)
  })

  it('ends what is done within it, and who waits for its end', async () => {
    const own = limitByTime(() => 20)
    await expect(within(own, 60_000, untilAborted)).rejects.toMatchObject({ name: 'TimeoutError' })
    await atEnd(own).reached
    expect(await untilAborted(own)).toMatchObject({ name: 'TimeoutError' })
  })
})
