import {
  createMessage,
  defineMessage,
  done,
  encodeMessage,
  type Outcome,
  park,
  type RecordSource,
  retry,
  type SourceRecord,
} from '@spillway/message'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { batch } from './index.ts'
import { silent } from './testing/virtual-run.ts'

const order = defineMessage({
  name: 'order',
  schema: z.object({ id: z.int() }),
  key: (body) => String(body.id),
})

/** What becomes of one record in a run. */
const fate = fc.record({
  lane: fc.constantFrom('a', 'b', 'c', 'own'),
  does: fc.constantFrom('done', 'retry', 'park', 'invalid', 'nothing'),
  parkFails: fc.boolean(),
})

it('acknowledges just what is done or parked, and keeps every lane in order, whatever becomes of the records', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fate, { maxLength: 25 }), async (fates) => {
      const records = fates.map(({ lane, does }, id): SourceRecord => {
        const message = createMessage(order, { id }, { time: new Date(0) })
        const body = does === 'invalid' ? 'no envelope' : encodeMessage(message)
        return { id: String(id), lane: lane === 'own' ? `own-${id}` : lane, receiveCount: 1, body }
      })
      const written: number[] = []
      const crowded: string[] = []
      const parked = new Set<string>()
      const source: RecordSource = {
        records,
        async park({ id }) {
          if (fates[Number(id)]?.parkFails) throw new Error('no')
          parked.add(id)
        },
        delay: async () => undefined,
      }
      const handler = batch(
        order,
        async (messages) => {
          const taken = new Set<string>()
          for (const { lane } of messages) {
            if (taken.has(lane)) crowded.push(lane)
            taken.add(lane)
          }
          return messages.map(({ body: { id } }): Outcome => {
            const does = fates[id]?.does
            if (does === 'done') written.push(id)
            if (does === 'park') return park({ code: 'X', detail: 'y' })
            if (does === 'nothing') return undefined as unknown as Outcome
            return does === 'done' ? done() : retry()
          })
        },
        { logger: silent },
      )
      const settled = await handler({ source }, { getRemainingTimeInMillis: () => 60_000 })
      // A writer may write its batch in any order: it never holds two records of a lane.
      expect(crowded).toStrictEqual([])

      expect(settled).toHaveLength(records.length)
      const lanes = new Map<string, boolean>()
      for (const [id, { lane }] of records.entries()) {
        const acknowledged = settled[id]?.status === 'fulfilled'
        // Acknowledged is committed or parked, and nothing else is.
        expect(acknowledged).toBe(written.includes(id) || parked.has(String(id)))
        // Behind the first failure of a lane nothing is touched.
        if (lanes.get(lane) === false)
          expect(acknowledged || parked.has(String(id)) || written.includes(id)).toBe(false)
        lanes.set(lane, acknowledged && lanes.get(lane) !== false)
      }
      for (const lane of ['a', 'b', 'c']) {
        const order = written.filter((id) => records[id]?.lane === lane)
        expect(order).toStrictEqual([...order].sort((a, b) => a - b))
      }
    }),
    { numRuns: 500 },
  )
})
