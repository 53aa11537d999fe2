import type { KinesisStreamEvent } from 'aws-lambda'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { ample, sourceOf } from './testing/kinesis.ts'
import { memoryDeadLetter } from './testing.ts'

const reason = { code: 'X', detail: 'x' }
const anything = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true })

/** Records that are nothing, something else, or right but for some of their parts. */
const record = fc.oneof(
  anything,
  fc.record(
    {
      eventID: anything,
      eventSourceARN: anything,
      kinesis: fc.record(
        {
          // Other data is that of a middleware which decoded it, and throws.
          data: fc.oneof(fc.constantFrom(undefined, null), fc.string(), fc.base64String()),
          partitionKey: anything,
          sequenceNumber: fc.oneof(anything, fc.constant('49')),
          approximateArrivalTimestamp: anything,
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  ),
)

it('makes a record of whatever there is beside a record of a stream, and can park it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 5 }), async (others) => {
      const records = [...others, { kinesis: {} }]
      const deadLetter = memoryDeadLetter()
      const source = await sourceOf({ Records: records } as KinesisStreamEvent, { deadLetter })
      expect(source.records).toHaveLength(records.length)
      for (const one of source.records) {
        expect([typeof one.id, typeof one.body, typeof one.lane]).toStrictEqual([
          'string',
          'string',
          'string',
        ])
        await source.park(one, reason, ample())
      }
      expect(deadLetter.copies).toHaveLength(records.length)
    }),
    { numRuns: 300 },
  )
})
