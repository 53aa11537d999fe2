import { expect, it } from 'vitest'
import { systemClock } from './internal.ts'

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
