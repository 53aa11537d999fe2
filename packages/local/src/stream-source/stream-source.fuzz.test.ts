import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { failing, failure, streamRun, textOf } from './testing/stream-run.ts'

const answers = ['done', 'partial', 'error', 'crash', 'throttle', 'malformed'] as const

it('delivers every record until it is done or discarded, and keeps the order of each key', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        keys: fc.array(fc.constantFrom(...'abcdef'), { minLength: 1, maxLength: 40 }),
        answers: fc.array(fc.constantFrom(...answers), { maxLength: 30 }),
        partialAt: fc.nat(39),
        shards: fc.integer({ min: 1, max: 3 }),
        batchSize: fc.integer({ min: 1, max: 10 }),
        batchingWindow: fc.integer({ min: 0, max: 2 }),
        parallelizationFactor: fc.integer({ min: 1, max: 4 }),
        bisectBatchOnFunctionError: fc.boolean(),
        maximumRetryAttempts: fc.integer({ min: -1, max: 2 }),
      }),
      async ({ keys, answers, partialAt, shards, ...spec }) => {
        const run = await streamRun(shards)
        try {
          const texts = keys.map((key, index) => `${key}${index}`)
          await run.put(...texts)
          const done: string[] = []
          const running = new Map<string, number>()
          let overlaps = 0
          const source = run.start(async (batch, records) => {
            const here = new Set(batch.map((text) => text[0] ?? ''))
            for (const key of here) {
              const count = (running.get(key) ?? 0) + 1
              running.set(key, count)
              if (count > 1) overlaps += 1
            }
            const answer = answers.shift() ?? 'done'
            await run.clock.sleep(10)
            for (const key of here) running.set(key, (running.get(key) ?? 1) - 1)
            const failedAt = answer === 'partial' ? partialAt % batch.length : batch.length
            if (answer === 'done' || answer === 'partial') done.push(...batch.slice(0, failedAt))
            if (answer === 'partial') return failing(records, batch[failedAt] ?? '')
            if (answer === 'malformed') return { batchItemFailures: [{ itemIdentifier: null }] }
            return answer === 'done' ? null : failure(answer)
          }, spec)
          await run.clock.advance(300_000)

          const discarded = run.discarded.flatMap(({ event }) => event.Records.map(textOf))
          expect(overlaps).toBe(0)
          expect([...done, ...discarded].toSorted()).toEqual(texts.toSorted())
          for (const key of new Set(keys)) {
            const sent = texts.filter((text) => text.startsWith(key) && !discarded.includes(text))
            expect(done.filter((text) => text.startsWith(key))).toEqual(sent)
          }
          if (spec.maximumRetryAttempts === -1) expect(discarded).toEqual([])
          expect(source.state()).toMatchObject({
            backlog: 0,
            iteratorAge: 0,
            succeeded: done.length,
            discarded: discarded.length,
          })
        } finally {
          await run.stop()
        }
      },
    ),
    { numRuns: 40 },
  )
})
