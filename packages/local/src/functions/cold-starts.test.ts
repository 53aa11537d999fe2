import { expect, it, vi } from 'vitest'
import { type ColdStarts, createColdStarts } from './cold-starts.ts'
import { createIdleMeter } from './idle-share.ts'

/** Cold starts on a machine whose idle share and clock the test sets. */
function machine(): { starts: ColdStarts; set: { idle: number; memory: number; now: number } } {
  const set = { idle: 1, memory: 2 ** 33, now: 0 }
  const starts = createColdStarts({
    limit: 2,
    first: 3,
    idleShare: () => set.idle,
    availableMemory: () => set.memory,
    now: () => set.now,
  })
  return { starts, set }
}

const never = () => expect.unreachable()

it('starts no more environments at once than the limit', () => {
  const { starts } = machine()
  expect([0, 1].map((existing) => starts.begin(existing, never))).toStrictEqual([true, true])
  expect(starts.begin(2, () => undefined)).toBe(false)
})

it('starts the first environments of a function even on a busy machine', () => {
  const { starts, set } = machine()
  set.idle = 0
  expect(starts.begin(0, never)).toBe(true)
  starts.end(100)
  expect(starts.begin(2, never)).toBe(true)
})

it('starts one environment at a time, with pauses, on a busy machine, and up to the limit on an idle one', () => {
  const { starts, set } = machine()
  set.idle = 0
  expect(starts.begin(10, never)).toBe(true)
  starts.end(100)
  expect(starts.begin(10, () => undefined)).toBe(false)
  set.now = 999
  expect(starts.begin(10, () => undefined)).toBe(false)
  set.now = 1000
  expect(starts.begin(10, () => undefined)).toBe(true)
  expect(starts.begin(10, () => undefined)).toBe(false)
  set.idle = 0.5
  expect(starts.begin(10, () => undefined)).toBe(true)
})

it('starts no second environment when the machine has little free memory', () => {
  const { starts, set } = machine()
  set.memory = 2 ** 28
  expect(starts.begin(0, never)).toBe(true)
  expect(starts.begin(1, () => undefined)).toBe(false)
})

it('retries each rejected start once when another start has ended', () => {
  const { starts } = machine()
  starts.begin(0, never)
  starts.begin(0, never)
  const [one, two] = [vi.fn(), vi.fn()]
  starts.begin(0, one)
  starts.begin(0, two)
  starts.end(100)
  expect([one, two].map((retry) => retry.mock.calls.length)).toStrictEqual([1, 1])
  starts.end(100)
  expect([one, two].map((retry) => retry.mock.calls.length)).toStrictEqual([1, 1])
})

it('measures the idle share of the machine', () => {
  let now = 0
  const idleShare = createIdleMeter(() => now)
  expect(idleShare()).toBe(1)
  const end = performance.now() + 300
  while (performance.now() < end) now = performance.now()
  const share = idleShare()
  expect(share).toBeGreaterThanOrEqual(0)
  expect(share).toBeLessThan(1)
})
