import { describe, expect, it } from 'vitest'
import { type Clock, schedule, systemClock } from './internal.ts'

it('sleeps', async () => {
  const startedAt = systemClock.now()
  await systemClock.sleep(30)
  expect(systemClock.now() - startedAt).toBeGreaterThanOrEqual(29)
})

it('wakes when the signal aborts, and does not sleep when it has', async () => {
  const controller = new AbortController()
  const sleeping = systemClock.sleep(60_000, controller.signal)
  controller.abort()
  await sleeping
  await systemClock.sleep(60_000, controller.signal)
})

describe.each<[string, Clock]>([
  ['the clock of the machine', systemClock],
  ['a clock that only sleeps', { now: systemClock.now, sleep: systemClock.sleep }],
])('%s', (_, clock) => {
  it('runs something later, unless it is taken back', async () => {
    const ran: string[] = []
    const startedAt = clock.now()
    const cancel = schedule(clock, () => void ran.push('cancelled'), 10)
    cancel()
    const done = new Promise<void>((resolve) => {
      schedule(
        clock,
        () => {
          ran.push('kept')
          resolve()
        },
        30,
      )
    })
    expect(ran).toStrictEqual([])
    await done
    expect(ran).toStrictEqual(['kept'])
    expect(clock.now() - startedAt).toBeGreaterThanOrEqual(29)
    cancel()
  })
})
