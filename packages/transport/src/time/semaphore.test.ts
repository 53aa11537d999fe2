import type { TimeLimit } from '@spillway/message'
import { describe, expect, it } from 'vitest'
import { guardMs } from './deadline.ts'
import { createSemaphore } from './semaphore.ts'

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

describe('a semaphore', () => {
  it('lets so many through at once, in the order in which they came', async () => {
    const semaphore = createSemaphore(2)
    const tasks = Array.from({ length: 5 }, task)
    const results = tasks.map(({ run }) => semaphore.run(run, ample()))
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
    const semaphore = createSemaphore(1)
    await expect(semaphore.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    await expect(
      semaphore.run(() => {
        throw new Error('at once')
      }),
    ).rejects.toThrow('at once')
    expect(await semaphore.run(async () => 'next')).toBe('next')
  })

  it.each(['abort', 'end'])(
    'runs nothing for whom the %s comes first, and leaves the place to others',
    async (how) => {
      const semaphore = createSemaphore(1, { reserve: guardMs })
      const first = task()
      const running = semaphore.run(first.run)
      const controller = new AbortController()
      const limit: TimeLimit = {
        signal: controller.signal,
        remainingTime: () => (how === 'end' ? 260 : 60_000),
      }
      const late = task()
      const result = semaphore.run(late.run, limit)
      const last = semaphore.run(async () => 'last', ample())
      if (how === 'abort') controller.abort()
      expect(await result).toBeUndefined()
      first.end()
      await running
      expect(await last).toBe('last')
      expect(late.started).toBe(false)
    },
  )

  it('gives back what was taken once, however often it is told to', async () => {
    const semaphore = createSemaphore(1)
    const leave = await semaphore.take()
    leave?.()
    leave?.()
    const held = await semaphore.take()
    let entered = false
    void semaphore.take().then(() => {
      entered = true
    })
    await turn()
    expect(entered).toBe(false)
    held?.()
    await turn()
    expect(entered).toBe(true)
  })

  it('lets in what fits, in the order of the calls, and what is heavier than all of it by itself', async () => {
    const semaphore = createSemaphore(10)
    const entered: number[] = []
    const leaves = new Map<number, () => void>()
    for (const weight of [6, 4, 12, 1]) {
      void semaphore.take(undefined, weight).then((leave) => {
        entered.push(weight)
        leaves.set(weight, leave ?? (() => undefined))
      })
    }
    await turn()
    expect(entered).toStrictEqual([6, 4])
    leaves.get(6)?.()
    await turn()
    expect(entered).toStrictEqual([6, 4])
    leaves.get(4)?.()
    await turn()
    expect(entered).toStrictEqual([6, 4, 12])
    leaves.get(12)?.()
    await turn()
    expect(entered).toStrictEqual([6, 4, 12, 1])
  })

  it('lets in what waited behind one that gave up', async () => {
    const semaphore = createSemaphore(10)
    await semaphore.take(undefined, 9)
    const controller = new AbortController()
    const heavy = semaphore.take({ signal: controller.signal, remainingTime: () => 60_000 }, 5)
    const light = semaphore.take(undefined, 1)
    controller.abort()
    expect(await heavy).toBeUndefined()
    expect(await light).toBeTypeOf('function')
  })

  it('gives a place at once where one is free and nobody waits', async () => {
    const semaphore = createSemaphore(2)
    const first = semaphore.tryTake()
    const heavy = semaphore.take(undefined, 2)
    expect(semaphore.tryTake()).toBeUndefined()
    first?.()
    const leave = await heavy
    expect(semaphore.tryTake()).toBeUndefined()
    leave?.()
    expect(semaphore.tryTake()).toBeTypeOf('function')
  })
})
