import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import { defineMessage } from '@spillway/message'
import { expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { enqueue, problemDetails, validate } from './index.ts'
import { memoryTarget } from './testing/http.ts'

const order = defineMessage({ name: 'order.placed', schema: z.object({ id: z.string() }) })

it('types the valid body through the chain', () => {
  middy()
    .use(problemDetails())
    .use(httpJsonBodyParser())
    .use(validate({ body: order }))
    .use(enqueue(order, { to: memoryTarget() }))
    .handler((event) => {
      expectTypeOf(event.valid.body).toEqualTypeOf<{ id: string }>()
      return event.valid.body
    })
})

it('refuses what the schema does not have', () => {
  middy()
    .use(validate({ body: order }))
    // @ts-expect-error there is no `customer`
    .handler((event) => event.valid.body.customer)
})
