import { expect, it } from 'vitest'
import { createEnvironmentClock } from './environment-clock.ts'
import { createVirtualClock } from './virtual-clock.ts'

it('runs timers in order, and everything that follows from one before the next', async () => {
  const clock = createVirtualClock(1000)
  const seen: string[] = []
  const note = (what: string) => seen.push(`${clock.now()} ${what}`)
  clock.schedule(() => note('second'), 20)
  clock.schedule(() => note('third'), 20)
  const taken = clock.schedule(() => note('never'), 15)
  async function follow() {
    await clock.sleep(10)
    taken()
    for (let turn = 0; turn < 100; turn++) await undefined
    note('after a hundred turns')
    await clock.sleep(0)
    note('after none')
  }
  void follow()
  await clock.runUntil(1020)
  expect(seen).toStrictEqual(['1010 after a hundred turns', '1010 after none', '1020 second', '1020 third'])
  await clock.runUntil(5000)
  expect(clock.now()).toBe(5000)
})

it('ends a sleep when its signal aborts', async () => {
  const clock = createVirtualClock(0)
  const controller = new AbortController()
  clock.schedule(() => controller.abort(), 5)
  const woken: number[] = []
  void clock.sleep(50, controller.signal).then(() => woken.push(clock.now()))
  void clock.sleep(50, AbortSignal.abort()).then(() => woken.push(clock.now()))
  await clock.runUntil(100)
  expect(woken).toStrictEqual([0, 5])
})

it('delays the timers of a frozen environment until it is thawed, and runs none of one that has ended', async () => {
  const clock = createVirtualClock(0)
  const environment = createEnvironmentClock(clock)
  const seen: string[] = []
  environment.schedule(() => seen.push(`overdue at ${clock.now()}`), 10)
  environment.schedule(() => seen.push(`due at ${clock.now()}`), 40)
  environment.freeze()
  environment.schedule(() => seen.push(`set while frozen, at ${clock.now()}`), 0)
  await clock.runUntil(30)
  expect(seen).toStrictEqual([])
  environment.thaw()
  await clock.runUntil(35)
  expect(seen).toStrictEqual(['overdue at 30', 'set while frozen, at 30'])
  await clock.runUntil(50)
  expect(seen).toHaveLength(3)
  environment.schedule(() => seen.push('dead'), 5)
  environment.kill()
  environment.schedule(() => seen.push('dead'), 0)
  await clock.runUntil(100)
  expect(seen).toHaveLength(3)
})
