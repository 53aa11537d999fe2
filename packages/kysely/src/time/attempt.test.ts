import type { Clock } from '@spillway/message/internal'
import { describe, expect, it } from 'vitest'
import { attempt } from './attempt.ts'
import { createDeadline } from './deadline.ts'

function manualTime(total: number, signal: AbortSignal = new AbortController().signal, mayHold?: boolean) {
  let now = 0
  const waits: number[] = []
  const clock: Clock = {
    now: () => now,
    async sleep(ms, abort) {
      // The timer of a race never fires first here, because the statement answers at once.
      if (abort !== signal) return new Promise(() => undefined)
      waits.push(ms)
      now += ms
    },
  }
  const limit = { signal, remainingTime: () => total - now, ...(mayHold !== undefined && { mayHold }) }
  const deadline = createDeadline(limit, clock)
  return { deadline, waits, pass: (ms: number) => (now += ms) }
}

const fails = (...codes: (string | undefined)[]) => {
  let runs = 0
  return {
    runs: () => runs,
    async run() {
      const code = codes[Math.min(runs, codes.length - 1)]
      runs += 1
      if (code !== undefined) throw Object.assign(new Error('x'), { code })
      return 'ok'
    },
  }
}

describe('attempt', () => {
  it('repeats a conflict up to 3 times with jitter', async () => {
    const { deadline, waits } = manualTime(30_000)
    const { run, runs } = fails('40P01')
    expect(await attempt(run, deadline, () => 1)).toMatchObject({ kind: 'failed', failure: 'transient' })
    expect(runs()).toBe(4)
    expect(waits).toEqual([50, 100, 200])
  })

  it.each(['ECONNREFUSED', '53300'])(
    'does not wait after %s if its caller does not want it to',
    async (code) => {
      const { deadline, waits } = manualTime(30_000, undefined, false)
      const { run, runs } = fails(code)
      expect(await attempt(run, deadline, () => 1)).toMatchObject({ kind: 'late', error: { code } })
      expect(runs()).toBeLessThanOrEqual(2)
      expect(waits).toEqual([])
    },
  )

  it('repeats once without delay after a lost connection, then holds', async () => {
    const { deadline, waits } = manualTime(30_000)
    const { run } = fails('57P01', 'ECONNRESET', 'ECONNREFUSED', undefined)
    expect(await attempt(run, deadline, () => 1)).toEqual({ kind: 'ok', value: 'ok' })
    expect(waits).toEqual([100, 150])
  })

  it('holds with full jitter up to 2 s and ends 2 s before the limit', async () => {
    const { deadline, waits } = manualTime(12_000)
    const { run } = fails('53300')
    expect(await attempt(run, deadline, () => 1)).toMatchObject({ kind: 'late', failure: 'saturation' })
    expect(waits.slice(0, 9)).toEqual([100, 150, 225, 338, 506, 759, 1139, 1709, 2000])
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBe(10_000)
  })

  it('keeps a fifth of a short limit', async () => {
    const { deadline, waits } = manualTime(1_000)
    await attempt(fails('53300').run, deadline, () => 1)
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBe(800)
  })

  it.each(['23514', '42P01', '57014', '23503', 'P0001'])('returns %s at once', async (code) => {
    const { deadline } = manualTime(30_000)
    const { run, runs } = fails(code)
    expect(await attempt(run, deadline, () => 1)).toMatchObject({ kind: 'failed' })
    expect(runs()).toBe(1)
  })

  it('begins no statement after the signal has aborted or the time is over', async () => {
    const { run, runs } = fails(undefined)
    const time = manualTime(10_000, AbortSignal.abort())
    expect(await attempt(run, time.deadline, () => 1)).toMatchObject({ kind: 'late' })
    const over = manualTime(-5)
    expect(await attempt(run, over.deadline, () => 1)).toMatchObject({
      kind: 'late',
      error: { code: 'SPILLWAY_DEADLINE' },
    })
    expect(runs()).toBe(0)
  })

  it('does not wait for a statement after the signal aborts', async () => {
    const stop = new AbortController()
    const { systemClock } = await import('@spillway/message/internal')
    const deadline = createDeadline({ signal: stop.signal, remainingTime: () => 60_000 }, systemClock)
    const answer = attempt(
      () => new Promise(() => undefined),
      deadline,
      () => 1,
    )
    stop.abort()
    expect(await answer).toMatchObject({ kind: 'late' })
  })
})
