import { getEventListeners } from 'node:events'
import type { TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createDeadline, within, workingTime } from './deadline.ts'

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

/** A clock that stands still; its timers run when the test runs them. */
function manualClock() {
  const timers: { readonly ms: number; run(): void }[] = []
  const clock: Clock = {
    now: () => 0,
    sleep: () => new Promise(() => undefined),
    schedule(run, ms) {
      const timer = { ms, run }
      timers.push(timer)
      return () => {
        if (timers.includes(timer)) timers.splice(timers.indexOf(timer), 1)
      }
    },
  }
  return { clock, timers }
}

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

describe('a deadline', () => {
  it('runs a timer only while somebody waits for it or has its signal', async () => {
    const { clock, timers } = manualClock()
    const deadline = createDeadline({ remainingTime: () => 60_000 }, { reserve: 100, clock })
    expect(workingTime(deadline)).toBe(59_650)
    expect(timers).toStrictEqual([])
    const { promise, resolve } = Promise.withResolvers<string>()
    const race = deadline.race(promise)
    expect(timers).toMatchObject([{ ms: 59_900 }])
    resolve('done')
    expect(await race).toBe('done')
    expect(timers).toStrictEqual([])
    expect(deadline.signal).toBe(deadline.signal)
    expect(timers).toHaveLength(1)
    deadline.end()
    expect(timers).toStrictEqual([])
  })

  it('aborts its signal and ends what races with it when its time is over', async () => {
    const { clock, timers } = manualClock()
    const deadline = createDeadline({ remainingTime: () => 1000 }, { most: 300, clock })
    const race = deadline.race(new Promise(() => undefined))
    const { signal } = deadline
    expect([deadline.expired, signal.aborted]).toStrictEqual([false, false])
    expect(timers.map(({ ms }) => ms)).toStrictEqual([300])
    timers[0]?.run()
    expect(await race).toBeUndefined()
    expect([deadline.expired, signal.aborted]).toStrictEqual([true, true])
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' })
    expect(await deadline.race(new Promise(() => undefined))).toBeUndefined()
    expect(await deadline.race(Promise.resolve('there already'))).toBe('there already')
  })

  it('has the clock of the deadline in which it lies', () => {
    const { clock, timers } = manualClock()
    const outer = createDeadline({ remainingTime: () => 1000 }, { clock })
    createDeadline(outer, { reserve: 400 }).onPass(() => undefined)
    expect(timers).toMatchObject([{ ms: 600 }])
  })

  it('passes with the signal of the outermost limit, for its reason', async () => {
    const { own, controller } = limit(60_000)
    const inner = createDeadline(createDeadline(own), { reserve: 100 })
    const reasons: unknown[] = []
    inner.onPass((reason) => reasons.push(reason))
    const reason = new Error('enough')
    controller.abort(reason)
    expect(reasons).toStrictEqual([reason])
    expect(inner.expired).toBe(true)
    expect(inner.signal.reason).toBe(reason)
    expect(workingTime(inner)).toBe(0)
  })

  it('may be one of many on a signal, and leaves no listener behind', async () => {
    const warnings: Error[] = []
    const warn = (warning: Error) => warnings.push(warning)
    process.on('warning', warn)
    onTestFinished(() => void process.off('warning', warn))
    const { own } = limit(60_000)
    const stops = Array.from({ length: 20 }, () => createDeadline(own).onPass(() => undefined))
    expect(getEventListeners(own.signal, 'abort')).toHaveLength(20)
    for (const stop of stops) stop()
    expect(getEventListeners(own.signal, 'abort')).toHaveLength(0)
    // Node warns in the next turn.
    await new Promise((resolve) => setImmediate(resolve))
    expect(warnings).toStrictEqual([])
  })

  it.each(['before', 'after'])('has one signal, which is first read %s it passes', (when) => {
    const { own, controller } = limit(60_000)
    const deadline = createDeadline(own)
    const reasons: unknown[] = []
    deadline.onPass((thrown) => reasons.push(thrown))
    const early = when === 'before' ? deadline.signal : undefined
    const aborted: unknown[] = []
    early?.addEventListener('abort', () => aborted.push(early.reason))
    const reason = new Error('enough')
    controller.abort(reason)
    const { signal } = deadline
    expect([signal.aborted, signal.reason]).toStrictEqual([true, reason])
    expect(early ?? signal).toBe(signal)
    expect(deadline.signal).toBe(signal)
    expect(aborted).toStrictEqual(when === 'before' ? [reason] : [])
    deadline.onPass((thrown) => reasons.push(thrown))
    expect(reasons).toStrictEqual([reason, reason])
    expect(getEventListeners(own.signal, 'abort')).toHaveLength(0)
  })

  it('has the same reason in its signal, for callbacks, and after it has passed by time', () => {
    const { clock, timers } = manualClock()
    const deadline = createDeadline({ remainingTime: () => 60_000 }, { clock })
    const reasons: unknown[] = []
    deadline.onPass((thrown) => reasons.push(thrown))
    timers[0]?.run()
    deadline.onPass((thrown) => reasons.push(thrown))
    expect(deadline.expired).toBe(true)
    expect(deadline.signal.reason).toMatchObject({ name: 'TimeoutError' })
    expect(reasons).toStrictEqual([deadline.signal.reason, deadline.signal.reason])
  })

  it('does not abort a signal that is first read after its end', () => {
    const { own, controller } = limit(60_000)
    const deadline = createDeadline(own)
    deadline.end()
    controller.abort()
    expect(deadline.signal.aborted).toBe(false)
    expect(deadline.expired).toBe(true)
  })

  it('calls back no more what was cancelled', () => {
    const { own, controller } = limit(60_000)
    const called: string[] = []
    const deadline = createDeadline(own)
    deadline.onPass(() => called.push('a'))()
    deadline.onPass(() => called.push('b'))
    controller.abort()
    expect(called).toStrictEqual(['b'])
  })

  it.each([0, -1, Number.NaN])('has passed at once with %o milliseconds left', (left) => {
    const deadline = createDeadline({ remainingTime: () => left })
    expect(deadline.expired).toBe(true)
    expect(deadline.signal).toMatchObject({ aborted: true, reason: { name: 'TimeoutError' } })
  })

  it('is another limit when it is copied: that may have a signal of its own', async () => {
    const reason = new Error('enough')
    const deadline = createDeadline({ remainingTime: () => 60_000 })
    const copy = { ...deadline, signal: AbortSignal.abort(reason) }
    deadline.end()
    expect(workingTime(copy)).toBe(0)
    await expect(within(copy, 60_000, untilAborted)).rejects.toBe(reason)
  })

  it('ends what is done within it', async () => {
    const own = createDeadline({ remainingTime: () => 20 })
    await expect(within(own, 60_000, untilAborted)).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(await untilAborted(own)).toMatchObject({ name: 'TimeoutError' })
  })
})
