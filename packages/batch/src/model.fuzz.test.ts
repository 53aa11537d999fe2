import { done, type MessageRecord, type Outcome, park, retry, type TimeLimit } from '@spillway/message'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { eachRecord } from './index.ts'
import { drivenClock } from './testing/driven-clock.ts'
import { type Order, orderRecord, virtualRun } from './testing/virtual-run.ts'

/** What becomes of one record, and how long it takes. */
const fate = fc.record({
  lane: fc.constantFrom('a', 'b', 'c', 'own'),
  does: fc.constantFrom(
    ...['done', 'done', 'done', 'retry', 'later', 'park', 'throw', 'throw nothing', 'invalid', 'nothing'],
    ...['nonsense', 'down', 'down for a while', 'hang'],
  ),
  takes: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2500 })),
  heedsSignal: fc.boolean(),
  parkTakes: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1500 })),
  parkFails: fc.boolean(),
  receiveCount: fc.integer({ min: 1, max: 20 }),
})

const world = fc.record({
  fates: fc.array(fate, { maxLength: 20 }),
  concurrency: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
  checkpoint: fc.boolean(),
  stopAtFirstFailure: fc.boolean(),
  hold: fc.boolean(),
  timeout: fc.integer({ min: 400, max: 12_000 }),
  guard: fc.integer({ min: 100, max: 3000 }),
  policy: fc.constantFrom('none', 'park', 'throws', 'nonsense'),
})

it('keeps the promise, whatever becomes of the records: acknowledged is committed or parked, lanes stay in order, nothing is begun in the guard, and the answer is in time', async () => {
  await fc.assert(
    fc.asyncProperty(world, async ({ fates, concurrency, timeout, guard, policy, checkpoint, ...rest }) => {
      const clock = drivenClock()
      const laneOf = (id: number) => (fates[id]?.lane === 'own' ? `own-${id}` : String(fates[id]?.lane))
      const records = fates.map(({ does, receiveCount }, id) =>
        orderRecord(String(id), {
          lane: laneOf(id),
          receiveCount,
          ...(does === 'invalid' && { body: 'no envelope' }),
        }),
      )
      const committed = new Set<number>()
      const parked = new Set<number>()
      const running = new Set<number>()
      const wrongs: string[] = []
      const ends = timeout - Math.min(guard, timeout / 4)
      const isSettled = (id: number) => committed.has(id) || parked.has(id)

      function begin(id: number): void {
        running.add(id)
        if (clock.now() >= ends) wrongs.push(`${id} was begun in the guard`)
        for (let earlier = 0; earlier < id; earlier++) {
          if (laneOf(earlier) === laneOf(id) && !isSettled(earlier)) wrongs.push(`${id} overtook ${earlier}`)
          if (rest.stopAtFirstFailure && concurrency === 1 && !isSettled(earlier))
            wrongs.push(`${id} was begun behind ${earlier}`)
        }
        if (running.size > (concurrency ?? Number.POSITIVE_INFINITY)) wrongs.push('too many at once')
      }

      async function handle({ key }: MessageRecord<Order>, { signal }: TimeLimit): Promise<Outcome> {
        const id = Number(key)
        const { does, takes, heedsSignal } = fates[id] as (typeof fates)[number]
        begin(id)
        try {
          if (does === 'hang')
            await new Promise((resolve) => heedsSignal && signal.addEventListener('abort', resolve))
          await clock.sleep(takes, heedsSignal ? signal : undefined)
        } finally {
          running.delete(id)
        }
        if (heedsSignal && signal.aborted) throw new Error('aborted')
        switch (does) {
          case 'retry':
            return retry()
          case 'later':
            return retry({ after: 17 })
          case 'park':
            return park({ code: 'X', detail: 'y' })
          case 'throw':
            throw new Error('boom')
          case 'throw nothing':
            throw undefined
          case 'nothing':
            return undefined as never
          case 'nonsense':
            return { kind: 'ok' } as never
          case 'down':
            return retry({ unavailable: true })
          case 'down for a while':
            if (clock.now() < 1000) return retry({ unavailable: true })
        }
        committed.add(id)
        return done()
      }

      const result = await virtualRun({
        records,
        checkpoint,
        timeout,
        clock,
        handler:
          concurrency === undefined
            ? (messages, limit) => Promise.all(messages.map((message) => handle(message, limit)))
            : eachRecord(handle, { concurrency }),
        async park({ id }) {
          const { parkTakes, parkFails } = fates[Number(id)] as (typeof fates)[number]
          await clock.sleep(parkTakes)
          if (parkFails) throw new Error('no')
          parked.add(Number(id))
        },
        options: {
          guard,
          ...rest,
          ...(policy !== 'none' && {
            onError() {
              if (policy === 'throws') throw new Error('policy')
              return policy === 'park' ? park({ code: 'P', detail: 'y' }) : (null as never)
            },
          }),
        },
      })

      expect(wrongs).toStrictEqual([])
      expect(result.settled).toHaveLength(records.length)
      expect(result.took).toBeLessThanOrEqual(timeout)
      const failed = new Set(result.failed.map(Number))
      for (const id of fates.keys()) {
        // What is parked once and comes back is parked again: at least one copy, never none.
        if (!failed.has(id)) expect(isSettled(id), `${id} is acknowledged`).toBe(true)
        else expect(result.delayed[id]).toBeGreaterThanOrEqual(1)
      }
      // A lane ends at its first failure: what is acknowledged behind one is what the lane had done before it was held.
      for (const id of fates.keys()) {
        if (!failed.has(id)) continue
        const behind = [...fates.keys()].filter((later) => later > id && laneOf(later) === laneOf(id))
        expect(behind.filter((later) => !failed.has(later))).toStrictEqual([])
      }
    }),
    { numRuns: 500 },
  )
})
