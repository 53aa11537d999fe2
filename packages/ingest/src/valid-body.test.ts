import middy from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import {
  defineMessage,
  type MessageBody,
  type MessageDefinition,
  type StandardSchemaV1,
} from '@spillway/message'
import { memoryTarget } from '@spillway/message/testing'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { bulkBodyParser, enqueue, enqueueMany, type HttpEvent, problemDetails, validate } from './index.ts'
import { memoryLogger, post } from './testing/http.ts'
import { invoke } from './testing.ts'

// `event.valid` is the handler's. What it returns is what counts: a body that it changed is validated once more.

async function send<Definition extends MessageDefinition>(
  definition: Definition,
  input: unknown,
  change: (body: MessageBody<Definition>, event: HttpEvent) => void,
) {
  const to = memoryTarget()
  const logger = memoryLogger()
  const handler = middy()
    .use(problemDetails({ logger }))
    .use(httpJsonBodyParser())
    .use(validate({ body: definition as MessageDefinition }))
    .use(enqueue(definition, { to }))
    .handler((event) => {
      change(event.valid.body as MessageBody<Definition>, event)
      return event.valid.body
    })
  const { status, body } = await invoke(handler, post(input as object))
  return {
    status,
    body,
    error: String(logger.lines[0]?.[2].error ?? ''),
    sent: to.sent.map((message) => ({ key: message.key, body: JSON.parse(message.body).body })),
  }
}

describe('a valid body that its handler changes', () => {
  const owned = defineMessage({
    name: 'owned',
    schema: z.object({
      id: z.string(),
      tenant: z.object({ name: z.string().min(3) }),
      tags: z.array(z.int()),
    }),
    key: (body) => `${body.tenant.name}:${body.id}`,
  })
  const input = { id: '1', tenant: { name: 'victim' }, tags: [1] }

  it('is sent as it is now, with the key that it has now', async () => {
    const answer = await send(owned, input, (body) => {
      body.tenant.name = 'from-token'
      body.tags.push(2)
    })
    expect(answer).toMatchObject({ status: 202, body: { id: 'from-token:1' } })
    expect(answer.sent).toStrictEqual([
      { key: 'from-token:1', body: { id: '1', tenant: { name: 'from-token' }, tags: [1, 2] } },
    ])
  })

  it.each<[string, (body: MessageBody<typeof owned>) => void]>([
    ['/tenant/name', (body) => void Reflect.set(body.tenant, 'name', 'x')],
    ['/tags', (body) => Reflect.deleteProperty(body, 'tags')],
    ['/tags/1', (body) => void Reflect.set(body.tags, 1, 'x')],
  ])('is a 500 where it is not valid any more: %s', async (place, change) => {
    const answer = await send(owned, input, change)
    expect(answer).toMatchObject({ status: 500, sent: [] })
    expect(answer.error).toContain(`as JSON it is invalid at ${place}`)
  })

  it('loses a name that is taken out', async () => {
    const note = defineMessage({
      name: 'note',
      schema: z.object({ id: z.string(), note: z.string().optional() }),
    })
    const { sent } = await send(note, { id: 'a', note: 'secret' }, (body) => {
      delete body.note
    })
    expect(sent).toMatchObject([{ body: { id: 'a' } }])
  })

  it('is not the message that it was, where a date is changed', async () => {
    const dated = defineMessage({ name: 'dated', schema: z.object({ at: z.coerce.date() }) })
    const answer = await send(dated, { at: '2026-01-01T00:00:00.000Z' }, ({ at }) => void at.setTime(0))
    expect(answer.sent).toMatchObject([{ body: { at: '1970-01-01T00:00:00.000Z' } }])
  })

  it('is held against its schema where the schema puts out what came in', async () => {
    // As arktype does.
    const schema: StandardSchemaV1<{ id: string; n: number }> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) =>
          typeof (value as { n?: unknown }).n === 'number'
            ? { value: value as { id: string; n: number } }
            : { issues: [{ message: 'no', path: ['n'] }] },
      },
    }
    const same = defineMessage({ name: 'same', schema })
    const answer = await send(same, { id: 'a', n: 1 }, (body) => void Reflect.set(body, 'n', 'x'))
    expect(answer).toMatchObject({ status: 500, sent: [] })
  })

  it('does not change with what the parser left on the event', async () => {
    const price = defineMessage({ name: 'price', schema: z.object({ cents: z.coerce.number().int() }) })
    const answer = await send(price, { cents: '5' }, (_, event) => {
      Object.assign(event.body as object, { cents: 'x' })
    })
    expect(answer).toMatchObject({ status: 202, sent: [{ body: { cents: 5 } }] })
  })

  it('keeps its place in a bulk request', async () => {
    const to = memoryTarget()
    const item = defineMessage({ name: 'item', schema: z.object({ id: z.string() }), key: (body) => body.id })
    const handler = middy()
      .use(problemDetails())
      .use(bulkBodyParser())
      .use(validate({ bodies: item }))
      .use(enqueueMany(item, { to }))
      .handler(({ valid: { bodies } }) => {
        for (const body of bodies) body.id = `t7:${body.id}`
        return bodies
      })
    expect(await invoke(handler, post([{ id: 'a' }, { id: 1 }, { id: 'b' }]))).toMatchObject({
      status: 207,
      body: {
        items: [
          { index: 0, status: 202, id: 't7:a' },
          { index: 1, status: 422 },
          { index: 2, status: 202, id: 't7:b' },
        ],
      },
    })
  })
})

describe('an object of the app that a transform puts out', () => {
  it('stays the app’s: it is neither frozen nor copied', async () => {
    const currencies: Record<string, { code: string; uses: number }> = { EUR: { code: 'EUR', uses: 0 } }
    const priced = defineMessage({
      name: 'priced',
      schema: z.object({ currency: z.string().transform((code) => currencies[code]) }),
    })
    const answer = await send(priced, { currency: 'EUR' }, ({ currency }) => {
      expect(currency).toBe(currencies.EUR)
    })
    expect(answer).toMatchObject({ status: 202, sent: [{ body: { currency: 'EUR' } }] })
    expect(Object.isFrozen(currencies.EUR)).toBe(false)
  })

  it('may have no end', async () => {
    const self: { code: string; me?: unknown } = { code: 'EUR' }
    self.me = self
    const priced = defineMessage({ name: 'p', schema: z.object({ c: z.string().transform(() => self) }) })
    expect((await send(priced, { c: 'EUR' }, () => undefined)).status).toBe(202)
  })
})
