import { defineMessage, done, type MessageRecord, type Outcome, park, retry } from '@spillway/message'
import { expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { batch, eachRecord, type OutageSurvival, outageSurvival, type Route, route } from './index.ts'

const order = defineMessage({
  name: 'order',
  schema: z.object({ id: z.string(), at: z.iso.date().transform((text) => new Date(text)) }),
})
type Order = { id: string; at: Date }

it('gives a writer the bodies that come out of the schema', () => {
  batch(order, async (records) => {
    expectTypeOf(records).toEqualTypeOf<readonly MessageRecord<Order>[]>()
    return records.map(() => done())
  })
})

it('gives the handler of each record the body that comes out of the schema', () => {
  batch(
    order,
    eachRecord(async (record, limit) => {
      expectTypeOf(record).toEqualTypeOf<MessageRecord<Order>>()
      expectTypeOf(limit.signal).toEqualTypeOf<AbortSignal>()
      return done()
    }),
  )
  batch(
    order,
    eachRecord(({ body }) => (body.at > new Date(0) ? done() : park({ code: 'X', detail: body.id })), {
      concurrency: 5,
    }),
  )
})

it('takes a handler that is typed by itself, and one that needs less', () => {
  batch(
    order,
    eachRecord((record: MessageRecord<Order>) => (record.body.id === '' ? retry() : done())),
  )
  batch(
    order,
    eachRecord((record: MessageRecord<{ id: string }>) => (record.body.id === '' ? retry() : done())),
  )
})

it('refuses a handler that does not fit the schema', () => {
  const handlers = {
    // @ts-expect-error the body has no `nope`
    unknown: eachRecord<Order>(({ body }) => (body.nope ? done() : retry())),
    // @ts-expect-error it answers no outcome
    nothing: eachRecord<Order>(async () => undefined),
    // @ts-expect-error it answers no outcome on one of its ways
    sometimes: eachRecord<Order>(async ({ body }) => (body.id === '' ? done() : true)),
    another: eachRecord((_: MessageRecord<{ id: number }>) => done()),
    one: async ({ key }: MessageRecord<Order>) => (key === '' ? done() : retry()),
  }
  // @ts-expect-error the body is another one
  batch(order, handlers.another)
  // @ts-expect-error a handler of one record, without eachRecord
  batch(order, handlers.one)
  batch(
    order,
    // @ts-expect-error the body that flows from the definition has no `nope`
    eachRecord((record) => (record.body.nope ? done() : retry())),
  )
})

it('gives the policy an error and the record', () => {
  batch(order, async (records) => records.map(() => done()), {
    onError(error, record) {
      expectTypeOf(error).toEqualTypeOf<Error>()
      expectTypeOf(record).toEqualTypeOf<MessageRecord<Order>>()
      return retry({ unavailable: true, cause: error })
    },
  })
  // @ts-expect-error a policy decides at once
  batch(order, async () => [], { onError: async () => done() })
  expectTypeOf(retry({ unavailable: true })).toExtend<Outcome>()
})

it('computes in seconds', () => {
  expectTypeOf(outageSurvival).returns.toEqualTypeOf<OutageSurvival>()
})

it('gives each of several messages to a handler that fits it', () => {
  const refund = defineMessage({ name: 'refund', schema: z.object({ cents: z.number() }) })
  const writeOrders = async (records: readonly MessageRecord<Order>[]): Promise<Outcome[]> =>
    records.map(done)
  batch([
    route(order, writeOrders),
    route(refund, async (records) => {
      expectTypeOf(records).toEqualTypeOf<readonly MessageRecord<{ cents: number }>[]>()
      return records.map(() => done())
    }),
  ])
  batch(
    [
      route(
        order,
        eachRecord(({ body }) => (body.at > new Date(0) ? done() : retry())),
      ),
    ],
    {
      otherwise: async (records) => {
        expectTypeOf(records).toEqualTypeOf<readonly MessageRecord[]>()
        return records.map(() => done())
      },
      onError: (_error, record) => {
        expectTypeOf(record.body).toBeUnknown()
        return retry()
      },
    },
  )
  // @ts-expect-error: the writer is one of orders
  route(refund, writeOrders)
  const eachOrder = eachRecord<Order>(({ body }) => (body.at > new Date(0) ? done() : retry()))
  // @ts-expect-error: the handler is one of orders
  route(refund, eachOrder)
  // @ts-expect-error: a list holds routes
  batch([order])
  // @ts-expect-error: it is an option of one message
  batch([route(order, writeOrders)], { stopAtFirstFailure: true })
})

it('types the record in a handler of a route by the definition of its route', () => {
  const refund = defineMessage({ name: 'refund', schema: z.object({ cents: z.number() }) })
  const routes = [
    route(
      order,
      eachRecord((record, limit) => {
        expectTypeOf(record).toEqualTypeOf<MessageRecord<Order>>()
        expectTypeOf(limit.signal).toEqualTypeOf<AbortSignal>()
        return done()
      }),
    ),
    route(
      refund,
      eachRecord(async ({ body }) => {
        expectTypeOf(body).toEqualTypeOf<{ cents: number }>()
        return done()
      }),
    ),
  ]
  expectTypeOf(batch(routes)).toEqualTypeOf(batch(order, async () => []))
  expectTypeOf<typeof routes>().toEqualTypeOf<Route[]>()
})

it('refuses routes whose handler does not fit, wherever it is written', () => {
  const refund = defineMessage({ name: 'refund', schema: z.object({ cents: z.number() }) })
  const handlers = {
    order: async ({ body }: MessageRecord<Order>): Promise<Outcome> => (body.id === '' ? retry() : done()),
    orders: async (records: readonly MessageRecord<Order>[]): Promise<Outcome[]> => records.map(done),
    wider: eachRecord(({ body }: MessageRecord<object>) => (body ? done() : retry())),
  }
  batch([
    route(order, handlers.orders),
    // @ts-expect-error: the handlers are exchanged
    route(refund, handlers.orders),
  ])
  // @ts-expect-error: the handler takes one record, without eachRecord
  route(order, handlers.order)
  // @ts-expect-error: the handler of each record is one of orders
  route(refund, eachRecord(handlers.order))
  // @ts-expect-error: it answers nothing
  route(order, async () => undefined)
  route(
    refund,
    // @ts-expect-error: the body of a refund has no id
    eachRecord(({ body }) => (body.id === '' ? retry() : done())),
  )
  // One that needs less than both have is a handler of either.
  batch([route(order, handlers.wider), route(refund, handlers.wider)])
  // @ts-expect-error: a route beside the list
  batch(route(order, handlers.orders))
  // @ts-expect-error: an option that does not exist
  batch([route(order, handlers.orders)], { othrewise: handlers.orders })
  // @ts-expect-error: what has no route is validated by nobody, and is no order
  batch([route(order, handlers.orders)], { otherwise: handlers.orders })
})
