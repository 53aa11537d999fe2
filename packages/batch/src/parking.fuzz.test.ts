import { done, type MessageRecord, type Outcome, park, retry } from '@spillway/message'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { eachRecord } from './index.ts'
import { drivenClock } from './testing/driven-clock.ts'
import { type Order, orderRecord, virtualRun } from './testing/virtual-run.ts'

const fates = ['done', 'done', 'park', 'park', 'retry', 'down', 'back'] as const
const record = fc.record({
  lane: fc.constantFrom('a', 'b', 'c', 'd'),
  fate: fc.constantFrom(...fates),
  takes: fc.integer({ min: 0, max: 400 }),
})
const run = fc.record({
  records: fc.array(record, { minLength: 1, maxLength: 12 }),
  concurrency: fc.constantFrom(undefined, 1, 3, 10),
  source: fc.constantFrom('a stream', 'a queue without partial failures'),
  stopAtFirstFailure: fc.boolean(),
  timeout: fc.constantFrom(1000, 5000),
})

it('sends no copy of what comes back, begins lanes in order and no record twice at once', async () => {
  await fc.assert(
    fc.asyncProperty(run, async ({ records, concurrency, source, stopAtFirstFailure, timeout }) => {
      const clock = drivenClock()
      const running = new Set<string>()
      const settled = new Set<string>()
      const copies: number[] = []

      async function handle({ key, lane }: MessageRecord<Order>): Promise<Outcome> {
        expect(running).not.toContain(lane)
        for (const [index, earlier] of records.entries()) {
          // What it follows in its lane is done, or its copy is sent.
          if (index < Number(key) && earlier.lane === lane)
            expect([...settled, ...copies.map(String)]).toContain(`${index}`)
        }
        running.add(lane)
        const { fate, takes } = records[Number(key)] as (typeof records)[number]
        await clock.sleep(takes)
        running.delete(lane)
        if (fate === 'park') return park({ code: 'X', detail: 'y' })
        if (fate === 'retry') return retry()
        if (fate === 'down' || (fate === 'back' && clock.now() < 900)) return retry({ unavailable: true })
        settled.add(key)
        return done()
      }
      const handler =
        concurrency === undefined
          ? (messages: readonly MessageRecord<Order>[]) => Promise.all(messages.map(handle))
          : eachRecord<Order>(handle, { concurrency })
      const isStream = source === 'a stream'
      const failed = await virtualRun({
        records: records.map(({ lane }, index) => orderRecord(String(index), { lane })),
        handler,
        clock,
        timeout,
        checkpoint: isStream,
        park: async ({ id }) => void copies.push(Number(id)),
        options: { stopAtFirstFailure, partialFailures: isStream },
      }).then(
        (result) => result.failed.map(Number),
        () => [...records.keys()],
      )
      expect(new Set(copies).size).toBe(copies.length)
      // Groups of a queue go on behind a copy, and what comes then is not known before.
      const lanes = new Set(records.map(({ lane }) => lane))
      if (isStream) expect(copies.filter((index) => index >= Math.min(...failed))).toStrictEqual([])
      else if (failed.length > 0 && lanes.size === records.length) expect(copies).toStrictEqual([])
      for (const [index, { fate }] of records.entries()) {
        if (!failed.includes(index))
          expect(fate === 'park' ? copies : [...settled].map(Number)).toContain(index)
      }
    }),
    { numRuns: 300 },
  )
})
