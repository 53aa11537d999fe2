import { batch, eachRecord } from '@spillway/batch'
import { defineMessage, done, type EachRecord, type Writer } from '@spillway/message'
import { expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import type { Breaker } from './index.ts'

declare const watch: Breaker['watch']
const item = defineMessage({ name: 'item', schema: z.object({ id: z.string() }) })

it('watches a writer and eachRecord, whose bodies are typed by the definition', () => {
  batch(
    item,
    watch(async (records) => {
      expectTypeOf(records[0]?.body).toEqualTypeOf<{ id: string } | undefined>()
      return records.map(() => done())
    }),
  )
  batch(
    item,
    watch(
      eachRecord(({ body }) => {
        expectTypeOf(body).toEqualTypeOf<{ id: string }>()
        return done()
      }),
    ),
  )
  expectTypeOf(watch(async () => [done()])).toExtend<Writer<{ id: string }>>()
  expectTypeOf(watch(eachRecord<{ id: string }>(() => done()))).toExtend<EachRecord<{ id: string }>>()
})

it('rejects anything else', () => {
  // @ts-expect-error it is not a handler
  watch(undefined)
  // @ts-expect-error batch must be outside of watch
  watch(batch(item, async () => []))
  // @ts-expect-error it returns no outcomes
  watch(async () => undefined)
  // @ts-expect-error the body has another type
  batch(item, watch(eachRecord<{ id: number }>(() => done())))
})
