import type { TimeLimit } from '@spillway/message'
import { describe, expect, it } from 'vitest'
import { createGate } from './gate.ts'

const ample = (): TimeLimit => ({ signal: new AbortController().signal, remainingTime: () => 60_000 })

/** Something that runs until it is told to end. */
function task() {
  let started = false
  let end: (value: string) => void = () => undefined
  return {
    get started() {
      return started
    },
    run: () => {
      started = true
      return new Promise<string>((resolve) => {
        end = resolve
      })
    },
    end: (value = 'done') => end(value),
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('a gate', () => {
  it('lets so many through at once, in the order in which they came', async () => {
    const gate = createGate(2)
    const tasks = Array.from({ length: 5 }, task)
    const results = tasks.map(({ run }) => gate.run(run, ample()))
    const started = async () => {
      await turn()
      return tasks.map(({ started }) => started)
    }
    expect(await started()).toStrictEqual([true, true, false, false, false])
    tasks[1]?.end('b')
    expect(await results[1]).toBe('b')
    expect(await started()).toStrictEqual([true, true, true, false, false])
    tasks[0]?.end()
    tasks[2]?.end()
    expect(await started()).toStrictEqual([true, true, true, true, true])
  })

  it('gives the place on when what held it throws', async () => {
    const gate = createGate(1)
    await expect(gate.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    await expect(
      gate.run(() => {
        throw new Error('at once')
      }),
    ).rejects.toThrow('at once')
    expect(await gate.run(async () => 'next')).toBe('next')
  })

  it.each(['abort', 'end'])(
    'runs nothing for whom the %s comes first, and leaves the place to others',
    async (how) => {
      const gate = createGate(1)
      const first = task()
      const running = gate.run(first.run)
      const controller = new AbortController()
      const limit: TimeLimit = {
        signal: controller.signal,
        remainingTime: () => (how === 'end' ? 260 : 60_000),
      }
      const late = task()
      const result = gate.run(late.run, limit)
      const last = gate.run(async () => 'last', ample())
      if (how === 'abort') controller.abort()
      expect(await result).toBeUndefined()
      first.end()
      await running
      expect(await last).toBe('last')
      expect(late.started).toBe(false)
    },
  )
})
