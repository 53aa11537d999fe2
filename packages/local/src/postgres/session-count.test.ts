import { expect, it } from 'vitest'
import { createSessionCount } from './session-count.ts'

const ready = (pid: number, user = 'app') =>
  `[${pid}:${user}:00000] LOG:  connection ready: setup total=2.3 ms`
const gone = (pid: number, user = 'app') =>
  `[${pid}:${user}:00000] LOG:  disconnection: session time: 0:00:00.0 user=x`

it('counts the sessions that have not ended', () => {
  const count = createSessionCount('app', 10)
  expect([ready(1), ready(2), ready(3, 'spillway'), gone(1)].every((line) => count.read(line))).toBe(true)
  expect([count.now(), count.peak()]).toEqual([1, 2])
  count.read(gone(9))
  count.read(gone(3, 'spillway'))
  expect(count.now()).toBe(1)
})

it('ignores other lines', () => {
  const count = createSessionCount('app', 10)
  expect(count.read('[7:app:28000] FATAL:  role "app" does not exist')).toBe(false)
  expect(count.read('[7::00000] LOG:  database system is ready to accept connections')).toBe(false)
  expect(count.now()).toBe(0)
})

it('finds an entry after a part of another entry', () => {
  const count = createSessionCount('app', 10)
  count.read(`[1:app] ERROR:  a long story ${ready(2)}`)
  expect(count.now()).toBe(1)
})

it('does not count a session twice when the next one in its slot is logged first', () => {
  const count = createSessionCount('app', 2)
  for (const line of [ready(1), ready(2), ready(3)]) count.read(line)
  expect([count.now(), count.peak()]).toEqual([2, 2])
  count.read(gone(1))
  expect([count.now(), count.peak()]).toEqual([2, 2])
})

it('clears the sessions when the server has ended, and keeps the peak until it is reset', () => {
  const count = createSessionCount('app', 10)
  for (const end of [
    () => count.clear(),
    () => count.read('[5::00000] LOG:  all server processes terminated; reinitializing'),
  ]) {
    count.read(ready(1))
    count.read(ready(2))
    end()
    expect([count.now(), count.peak()]).toEqual([0, 2])
  }
  count.resetPeak()
  expect(count.peak()).toBe(0)
})

it('counts clients of all roles that were rejected because no slot was free', () => {
  const count = createSessionCount('app', 10)
  count.read(
    '[7:app:53300] FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute',
  )
  count.read('[8:[unknown]:53300] FATAL:  sorry, too many clients already')
  expect([count.refused(), count.now()]).toEqual([2, 0])
})
