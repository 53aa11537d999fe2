import { expect, it, onTestFinished, vi } from 'vitest'
import { type Simulation, simulate } from './index.ts'

const outage: Simulation = {
  duration: 120,
  traffic: { rate: 5 },
  queue: { maxReceiveCount: 10, visibilityTimeout: 60 },
  mapping: { batchSize: 10, maximumConcurrency: 5 },
  function: { timeout: 10 },
  outages: [{ from: 20, to: 60, kind: { is: 'down' } }],
}

it('gives the same report for the same seed, and another for another seed', async () => {
  const [one, same, other] = [
    await simulate(outage),
    await simulate(outage),
    await simulate({ ...outage, seed: 2 }),
  ]
  expect(same).toStrictEqual(one)
  expect(other).not.toStrictEqual(one)
  expect(one).toMatchObject({ inDlq: 0, left: 0, expired: 0, parked: {} })
  expect(one.written).toBe(one.accepted)
  expect(one.accepted).toBeGreaterThan(500)
})

it('uses only the clock and the random source of the simulation, so that it waits for nothing real', async () => {
  const callers: string[] = []
  function watch<Owner extends object>(owner: Owner, name: keyof Owner & string): void {
    const original = owner[name] as (...args: unknown[]) => unknown
    const spy = vi.spyOn(owner, name as never) as unknown as { mockImplementation(run: unknown): void } & {
      mockRestore(): void
    }
    spy.mockImplementation(function spied(this: unknown, ...args: unknown[]) {
      const frames = (new Error('who').stack ?? '').split('\n').slice(1)
      const caller = frames.find((frame) => !/simulate\.test|vitest|tinyspy|<anonymous>/.test(frame)) ?? ''
      if (/packages|kysely|middy/.test(caller)) callers.push(`${name} ${caller.trim()}`)
      return original.apply(this, args)
    })
    onTestFinished(() => spy.mockRestore())
  }
  watch(globalThis, 'setTimeout')
  watch(globalThis, 'setInterval')
  watch(globalThis, 'setImmediate')
  watch(AbortSignal, 'timeout')
  watch(Date, 'now')
  watch(performance, 'now')
  watch(Math, 'random')
  const { written, accepted } = await simulate({ ...outage, breaker: {} })
  expect(written).toBe(accepted)
  const others = callers.filter((caller) => !/^setImmediate at .*virtual-clock\.ts/.test(caller))
  expect([...new Set(others)]).toStrictEqual([])
  expect(callers.length).toBeGreaterThan(1000)
})
