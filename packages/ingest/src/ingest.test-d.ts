import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import httpRouter from '@middy/http-router'
import { defineMessage, type MessageBody, type MessageDefinition, type MessageInput } from '@spillway/message'
import { memoryTarget } from '@spillway/message/testing'
import type {
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  APIGatewayProxyEventV2WithJWTAuthorizer,
  APIGatewayProxyHandlerV2,
  APIGatewayProxyResult,
  APIGatewayProxyResultV2,
} from 'aws-lambda'
import * as v from 'valibot'
import { expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import {
  asAnswer,
  bodyLimit,
  bulkBodyParser,
  enqueue,
  enqueueMany,
  problemDetails,
  status,
  validate,
} from './index.ts'

const order = defineMessage({
  name: 'order.placed',
  schema: z.object({ id: z.string(), at: z.string().transform((text) => new Date(text)) }),
})
type Order = { id: string; at: Date }
const to = memoryTarget()

it('types the valid body through the chain', () => {
  middy()
    .use(problemDetails())
    .use(bodyLimit())
    .use(httpJsonBodyParser())
    .use(validate({ body: order }))
    .use(enqueue(order, { to }))
    .handler((event) => {
      expectTypeOf(event.valid).toEqualTypeOf<{ readonly body: Order }>()
      return event.valid.body
    })
})

it('gives the handler a body of its own: it may go where the type of the message is taken, and be changed', () => {
  const lines = defineMessage({
    name: 'lines',
    schema: z.object({ id: z.string().brand<'id'>(), lines: z.array(z.object({ n: z.int() })) }),
  })
  const total = (body: MessageBody<typeof lines>) => body.lines.push({ n: 1 })
  middy()
    .use(validate({ body: lines }))
    .use(enqueue(lines, { to }))
    .handler(({ valid }) => {
      total(valid.body)
      valid.body.lines = []
      return { ...valid.body } satisfies MessageInput<typeof lines>
    })
})

it('types each part that is validated, and no other', () => {
  middy()
    .use(
      validate({
        body: order,
        query: z.object({ limit: z.coerce.number() }),
        path: v.object({ id: v.string() }),
      }),
    )
    .handler((event) => {
      expectTypeOf(event.valid).toEqualTypeOf<{
        readonly body: Order
        readonly query: { limit: number }
        readonly path: { id: string }
      }>()
      // @ts-expect-error the headers were not validated
      event.valid.headers
    })
})

it('types many bodies', () => {
  middy()
    .use(bulkBodyParser())
    .use(validate({ bodies: order, maxItems: 10 }))
    .use(enqueueMany(order, { to }))
    .handler((event) => {
      expectTypeOf(event.valid.bodies).toEqualTypeOf<readonly Order[]>()
      expectTypeOf(event.valid.rejected[0]?.index).toEqualTypeOf<number | undefined>()
      return event.valid.bodies
    })
})

it('types a part that may not be asked for, and one of any schema', () => {
  const maybe = Math.random() > 0.5 ? order : undefined
  middy()
    .use(validate({ body: maybe, query: z.object({}) }))
    .handler((event) => {
      expectTypeOf(event.valid.body).toEqualTypeOf<Order | undefined>()
    })
  // biome-ignore lint/suspicious/noExplicitAny: it is the thing to test
  const untyped = order as any
  middy()
    .use(validate({ body: untyped }))
    .handler((event) => {
      expectTypeOf(event.valid.body).toEqualTypeOf<unknown>()
    })
})

it('refuses what the schema does not have', () => {
  middy()
    .use(validate({ body: order }))
    // @ts-expect-error there is no `customer`
    .handler((event) => event.valid.body.customer)
})

it('refuses an option that there is not', () => {
  // @ts-expect-error a typo
  validate({ body: order, qury: z.object({}) })
  // @ts-expect-error a query has texts, not a message
  validate({ query: order })
  // @ts-expect-error a target is needed
  enqueue(order, {})
})

it('types what the options are given', () => {
  enqueue(order, {
    to,
    delay: (body) => {
      expectTypeOf(body).toEqualTypeOf<Order>()
      return 1
    },
    // @ts-expect-error attributes are texts
    attributes: (body) => ({ at: body.at }),
  })
  enqueue(order, {
    to,
    scope: (event: APIGatewayProxyEventV2WithJWTAuthorizer) =>
      String(event.requestContext.authorizer.jwt.claims.sub),
  })
})

it('knows the body of a definition that is a type parameter', () => {
  function accept<Definition extends MessageDefinition>(definition: Definition) {
    return middy()
      .use(validate({ body: definition, query: z.object({ dry: z.string() }) }))
      .use(enqueue(definition, { to }))
      .handler((event) => {
        expectTypeOf(event.valid.query).toEqualTypeOf<{ dry: string }>()
        // @ts-expect-error the headers were not validated
        event.valid.headers
        return event.valid.body
      })
  }
  function acceptMany<Definition extends MessageDefinition>(definition: Definition) {
    return middy()
      .use(validate({ bodies: definition }))
      .use(enqueueMany(definition, { to }))
      .handler((event) => {
        expectTypeOf(event.valid.rejected[0]?.index).toEqualTypeOf<number | undefined>()
        return event.valid.bodies.slice(1)
      })
  }
  accept(order)
  acceptMany(order)
})

it('is a handler as the types of AWS and the router of middy have it', () => {
  const handler = middy<APIGatewayProxyEventV2>()
    .use(problemDetails())
    .use(validate({ body: order }))
    .use(enqueue(order, { to }))
    .handler<APIGatewayProxyEventV2, APIGatewayProxyResultV2>((event) => {
      expectTypeOf(event.rawPath).toEqualTypeOf<string>()
      expectTypeOf(event.valid.body).toEqualTypeOf<Order>()
      return event.valid.body
    })
  expectTypeOf(handler).toExtend<APIGatewayProxyHandlerV2>()
  httpRouter<APIGatewayProxyEventV2, APIGatewayProxyResultV2>([{ method: 'POST', path: '/orders', handler }])
  const rest = middy<APIGatewayProxyEvent>()
    .use(validate({ body: order }))
    .use(enqueue(order, { to }))
    .handler<APIGatewayProxyEvent, APIGatewayProxyResult>((event) => event.valid.body)
  httpRouter([{ method: 'POST', path: '/orders', handler: rest }])
})

it('fits a chain that names its answer', () => {
  middy<APIGatewayProxyEventV2, APIGatewayProxyResultV2>()
    .use(problemDetails())
    .use(httpJsonBodyParser())
    .use(validate({ body: order }))
    .use(enqueue(order, { to }))
    .handler(async (event) => asAnswer(event.valid.body))
  middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
    .use(validate({ bodies: order }))
    .use(enqueueMany(order, { to }))
    .handler((event) => asAnswer(event.valid.bodies))
})

it('lets a handler hold itself to the body of its message', () => {
  const chain = middy().use(enqueue(order, { to }))
  chain.handler(() => ({ id: 'a', at: '2026-01-01' }) satisfies MessageInput<typeof order>)
  // @ts-expect-error `at` is missing
  chain.handler(() => ({ id: 'a' }) satisfies MessageInput<typeof order>)
})

it('types the path of a status', () => {
  middy()
    .use(validate({ path: z.object({ id: z.uuid() }) }))
    .use(status(order, { source: { find: async () => ({ status: 'written' }) } }))
    .handler((event) => event.valid.path.id)
  // @ts-expect-error there is no such status
  status(order, { source: { find: async () => ({ status: 'lost' }) } })
})

it('refuses options that are asynchronous: their promises would be dropped', () => {
  // @ts-expect-error a promise has no attributes
  enqueue(order, { to, attributes: async () => ({ a: 'b' }) })
  // @ts-expect-error a promise is no number
  enqueue(order, { to, delay: async () => 1 })
  // @ts-expect-error a promise is no text
  enqueue(order, { to, scope: async () => 'tenant' })
  // @ts-expect-error a promise is no URL
  enqueue(order, { to, statusUrl: async () => '/orders/1' })
  // @ts-expect-error a promise is no key
  defineMessage({ name: 'a', schema: z.object({}), key: async () => 'k' })
  // @ts-expect-error a promise is no group
  defineMessage({ name: 'a', schema: z.object({}), group: async () => 'g' })
})
