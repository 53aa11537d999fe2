import { defineMessage, type Target } from '@spillway/message'
import type { KinesisStreamEvent } from 'aws-lambda'
import { expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { type DeadLetter, kinesisSource, kinesisTarget } from './index.ts'
import { s3DeadLetter } from './s3.ts'
import { sqsDeadLetter } from './sqs.ts'
import { kinesisEvent, memoryDeadLetter } from './testing.ts'

const reading = defineMessage({
  name: 'reading',
  schema: z.object({ id: z.string(), at: z.string().transform((text) => new Date(text)) }),
})

it('takes what the schema takes, before it transforms it', () => {
  expectTypeOf(
    kinesisEvent(reading, [{ id: 'a', at: '2026-01-02' }]),
  ).resolves.toEqualTypeOf<KinesisStreamEvent>()
  // @ts-expect-error a body is missing a property
  void kinesisEvent(reading, [{ id: 'a' }])
  // @ts-expect-error a Date is what comes out of the schema
  void kinesisEvent(reading, [{ id: 'a', at: new Date() }])
  // @ts-expect-error there is no such fact
  void kinesisEvent(reading, [{ id: 'a', at: '2026-01-02' }], { receiveCount: 2 })
})

it('has one port for all dead-letter stores', () => {
  expectTypeOf(memoryDeadLetter()).toExtend<DeadLetter>()
  expectTypeOf(s3DeadLetter({ bucket: process.env.BUCKET })).toEqualTypeOf<DeadLetter>()
  expectTypeOf(sqsDeadLetter({ queueUrl: process.env.QUEUE_URL })).toEqualTypeOf<DeadLetter>()
  // @ts-expect-error a source needs one
  kinesisSource({})
})

it('takes the name of a stream from the environment', () => {
  expectTypeOf(kinesisTarget({ streamName: process.env.STREAM_NAME })).toEqualTypeOf<Target>()
  // @ts-expect-error there is no such order
  kinesisTarget({ streamName: 'a', order: 'loose' })
})
