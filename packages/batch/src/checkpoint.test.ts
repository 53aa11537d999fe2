import { done, type MessageRecord, type Outcome, park, retry } from '@spillway/message'
import { describe, expect, it } from 'vitest'
import { eachRecord } from './index.ts'
import { drivenClock } from './testing/driven-clock.ts'
import { type Order, orderRecord, virtualRun } from './testing/virtual-run.ts'

// A source that brings back all that comes after a record that is not done, as a stream does.

const records = ['a1', 'b1', 'a2', 'b2', 'a3', 'c1'].map((id) => orderRecord(id, { lane: id[0] as string }))
const refused = park({ code: 'X', detail: 'y' })

function shapesOf(outcomeOf: (record: MessageRecord<Order>) => Outcome) {
  return {
    'a whole batch': async (messages: readonly MessageRecord<Order>[]) => messages.map(outcomeOf),
    'each record': eachRecord<Order>(outcomeOf, { concurrency: 1 }),
  }
}
const shapes = ['a whole batch', 'each record'] as const

describe.each(shapes)('of a stream, %s', (shape) => {
  it('goes on with clean lanes behind a failure, and not with its own', async () => {
    const begun: string[] = []
    const handler = shapesOf(({ key }) => {
      begun.push(key)
      return key === 'a2' ? retry() : done()
    })[shape]
    const result = await virtualRun({ records, handler, checkpoint: true })
    expect(begun.sort()).toStrictEqual(['a1', 'a2', 'b1', 'b2', 'c1'])
    expect(result.failed).toStrictEqual(['a2', 'a3'])
  })

  it('begins nothing after the first failure where the app says so', async () => {
    const begun: string[] = []
    const handler = shapesOf(({ key }) => {
      begun.push(key)
      return key === 'a1' ? retry() : done()
    })[shape]
    const options = { stopAtFirstFailure: true }
    const result = await virtualRun({ records, handler, checkpoint: true, options })
    // A writer had the first record of each lane together.
    expect(begun).toStrictEqual(shape === 'each record' ? ['a1'] : ['a1', 'b1', 'c1'])
    const went = new Set(begun.slice(1))
    expect(result.failed).toStrictEqual(records.map(({ id }) => id).filter((id) => !went.has(id)))
    expect(new Set(Object.values(result.delayed))).toStrictEqual(new Set([23]))
  })

  it('sends no copy of a poison record that comes back anyway', async () => {
    const handler = shapesOf(({ key }) => {
      if (key === 'a2') return retry()
      return key === 'b2' || key === 'b1' ? refused : done()
    })[shape]
    const result = await virtualRun({ records, handler, checkpoint: true })
    expect(result.parked.map(({ id }) => id)).toStrictEqual(['b1'])
    expect(result.failed).toStrictEqual(['a2', 'b2', 'a3'])
    // On a queue, which brings back what failed alone, the copy is sent.
    const queue = await virtualRun({ records, handler })
    expect(queue.parked.map(({ id }) => id)).toStrictEqual(['b1', 'b2'])
  })

  it('sends no copy before it is known whether an earlier record brings the poison record back', async () => {
    async function run(isDown: boolean) {
      const clock = drivenClock()
      async function outcomeOf({ key }: MessageRecord<Order>): Promise<Outcome> {
        if (key === 'a2') await clock.sleep(100)
        if (key === 'a2' && isDown) return retry({ unavailable: true })
        return key === 'c1' ? refused : done()
      }
      const handler =
        shape === 'each record'
          ? eachRecord<Order>(outcomeOf)
          : (messages: readonly MessageRecord<Order>[]) => Promise.all(messages.map(outcomeOf))
      const behind = [...records, orderRecord('c2', { lane: 'c' })]
      const { failed, parked } = await virtualRun({ records: behind, handler, clock, checkpoint: true })
      return [failed, parked.map(({ id }) => id)]
    }
    expect(await run(true)).toStrictEqual([['a2', 'a3', 'c1', 'c2'], []])
    expect(await run(false)).toStrictEqual([[], ['c1']])
  })

  it('waits for what is down unless an earlier record brings it back anyway', async () => {
    const clock = drivenClock()
    const outcomeOf = (failing: string) =>
      shapesOf(({ key }) => {
        if (key === failing) return retry()
        return key === 'b1' && clock.now() < 3000 ? retry({ unavailable: true }) : done()
      })[shape]
    const held = await virtualRun({ records, handler: outcomeOf('c1'), checkpoint: true, clock })
    expect(held.failed).toStrictEqual(['c1'])
    expect(held.took).toBeGreaterThanOrEqual(3000)
    const started = clock.now()
    const down = shapesOf(({ key }) => (key === 'a1' ? retry() : retry({ unavailable: true })))[shape]
    const vain = await virtualRun({ records, handler: down, checkpoint: true, clock })
    expect(vain.failed).toHaveLength(6)
    expect(clock.now() - started).toBeLessThanOrEqual(20)
  })

  it('parks once what was down is back, what was withheld meanwhile', async () => {
    const clock = drivenClock()
    const handler = shapesOf(({ key }) => {
      if (key === 'b2') return refused
      return key === 'a1' && clock.now() < 3000 ? retry({ unavailable: true }) : done()
    })[shape]
    const result = await virtualRun({ records, handler, checkpoint: true, clock })
    expect([result.failed, result.parked.map(({ id }) => id)]).toStrictEqual([[], ['b2']])
  })

  it('waits for the first failure with all that stands behind it, and stops at the next that is none of an outage', async () => {
    const clock = drivenClock()
    const handler = shapesOf(({ key }) => {
      if (key === 'b1' && clock.now() < 3000) return retry({ unavailable: true })
      return key === 'b2' ? retry() : done()
    })[shape]
    const options = { stopAtFirstFailure: true }
    const result = await virtualRun({ records, handler, checkpoint: true, clock, options })
    expect(result.failed[0]).toBe('b2')
    expect(result.failed).toStrictEqual(shape === 'each record' ? ['b2', 'a3', 'c1'] : ['b2'])
  })
})
