import { type ClaimStore, defineMessage } from '@spillway/message'
import type { SQSEvent } from 'aws-lambda'
import { expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { s3ClaimStore } from './s3.ts'
import { memoryClaimStore, sqsEvent } from './testing.ts'

const order = defineMessage({
  name: 'order',
  schema: z.object({ id: z.string(), at: z.string().transform((text) => new Date(text)) }),
})

it('takes what the schema takes, before it transforms it', () => {
  expectTypeOf(sqsEvent(order, [{ id: 'a', at: '2026-01-02' }])).resolves.toEqualTypeOf<SQSEvent>()
  // @ts-expect-error a body is missing a property
  void sqsEvent(order, [{ id: 'a' }])
  // @ts-expect-error a Date is what comes out of the schema
  void sqsEvent(order, [{ id: 'a', at: new Date() }])
  // @ts-expect-error there is no such fact
  void sqsEvent(order, [{ id: 'a', at: '2026-01-02' }], { receiveCounts: 2 })
})

it('makes claim stores', () => {
  expectTypeOf(memoryClaimStore()).toExtend<ClaimStore>()
  expectTypeOf(s3ClaimStore({ bucket: process.env.BUCKET })).toEqualTypeOf<ClaimStore>()
})
