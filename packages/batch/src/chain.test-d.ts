import middy from '@middy/core'
import { defineMessage, done, type RecordSource } from '@spillway/message'
import { sqsPartialBatchFailure, sqsSource } from '@spillway/sqs'
import { sqsEvent } from '@spillway/sqs/testing'
import type { Context, SQSBatchResponse, SQSEvent, SQSHandler } from 'aws-lambda'
import { expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { batch, eachRecord } from './index.ts'
import { type BatchResponse, invoke } from './testing.ts'

const order = defineMessage({ name: 'order', schema: z.object({ id: z.string() }) })
const source = () => sqsSource({ queueUrl: 'https://sqs/q', deadLetterQueueUrl: 'https://sqs/dlq' })
const handler = middy()
  .use(sqsPartialBatchFailure())
  .use(source())
  .handler(batch(order, async (records) => records.map(() => done())))
const each = middy()
  .use(sqsPartialBatchFailure())
  .use(source())
  .handler(
    batch(
      order,
      eachRecord(() => done()),
    ),
  )
declare const context: Context
declare const event: SQSEvent

it('is a handler of Lambda for the events of its queue, without a cast', async () => {
  expectTypeOf(handler).toExtend<SQSHandler>()
  expectTypeOf(each).toExtend<SQSHandler>()
  void handler(event, context)
  void handler(await sqsEvent(order, [{ id: 'a' }]), context)
  void each(event, context)
  // @ts-expect-error an event of something else
  void handler({ key1: 'value1' }, context)
})

it('is invoked by a test with the events of its queue, and answers what Lambda gets', async () => {
  expectTypeOf(invoke(handler, await sqsEvent(order, [{ id: 'a' }]))).resolves.toEqualTypeOf<BatchResponse>()
  void invoke(handler, event, { remainingTime: 5000 })
  // @ts-expect-error an event of something else
  void invoke(handler, { key1: 'value1' })
  // @ts-expect-error there is no such option
  void invoke(handler, event, { remaining: 5000 })
})

it('is no handler without a source before it', () => {
  const write = batch(order, async (records) => records.map(() => done()))
  // @ts-expect-error the event has no source
  middy().use(sqsPartialBatchFailure()).handler(write)
  // @ts-expect-error nor has this one
  middy<SQSEvent>().handler(write)
  // @ts-expect-error the batch handler alone takes no event of a queue
  void write(event, context)
  // @ts-expect-error nor is it a handler of one
  expectTypeOf(write).toExtend<SQSHandler>()
  expectTypeOf<{ source: RecordSource }>().toExtend<Parameters<typeof write>[0]>()
})

it('is no answer to Lambda as it is, where a chain names its answer', () => {
  const write = batch(order, async (records) => records.map(() => done()))
  // middy makes `any` of the answer of a chain that does not name it: the results themselves throw there.
  expectTypeOf<Awaited<ReturnType<typeof write>>>().not.toExtend<SQSBatchResponse | undefined>()
  // @ts-expect-error the results are no answer
  middy<SQSEvent, SQSBatchResponse>().use(source()).handler(write)
})
