import middy, { type MiddlewareObj } from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import httpUrlencodeBodyParser from '@middy/http-urlencode-body-parser'
import { defineMessage } from '@spillway/message'
import { memoryTarget } from '@spillway/message/testing'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  bodyLimit,
  bulkBodyParser,
  enqueue,
  enqueueMany,
  type HttpEvent,
  problemDetails,
  validate,
} from './index.ts'
import { post } from './testing/http.ts'
import { httpApiEvent, invoke } from './testing.ts'

// An integer that JSON.parse changes: two messages of a client would have one key.

const order = defineMessage({
  name: 'order.placed',
  schema: z.object({ id: z.number(), note: z.unknown() }).partial({ note: true }),
  key: (body) => String(body.id),
})
const changed = {
  status: 422,
  body: {
    code: 'SPILLWAY_TEXT_UNSTORABLE',
    errors: [
      {
        pointer: '#/id',
        detail:
          'The integer is beyond 2^53 - 1, where different integers become the same number: send it as a string',
      },
    ],
  },
}

function api(options: { unstorable?: 'allow' } = {}) {
  const to = memoryTarget()
  const handler = middy()
    .use(problemDetails())
    .use(httpJsonBodyParser())
    .use(validate({ body: order, ...options }))
    .use(enqueue(order, { to }))
    .handler((event) => event.valid.body)
  return { to, send: (body: string | Uint8Array) => invoke(handler, httpApiEvent({ body })) }
}

describe('an integer of a body', () => {
  it.each([
    '1524831183200260097',
    '1524831183200260098',
    '9007199254740993',
    '-9007199254740993',
    '12345678901234567890.0',
    '9007199254740992.5',
    '1234567890123456e10',
  ])('that JSON.parse changes is a 422 with its place: %s', async (id) => {
    const { to, send } = api()
    expect(await send(`{"id":${id}}`)).toMatchObject(changed)
    expect(await send(Buffer.from(`{"id":${id}}`))).toMatchObject(changed)
    expect(to.sent).toStrictEqual([])
  })

  it.each([
    ['9007199254740991', '9007199254740991'],
    ['9007199254740992', '9007199254740992'],
    ['-9007199254740992.0', '-9007199254740992'],
    ['1524831183200260096', '1524831183200260000'],
    ['1e21', '1e+21'],
    ['6.02214076e23', '6.02214076e+23'],
    // A decimal number is rounded by every reader.
    ['0.1000000000000000055511151231257827', '0.1'],
    ['2251799813685248.3', '2251799813685248.5'],
  ])('that stays the same is sent: %s', async (id, key) => {
    const { to, send } = api()
    expect(await send(`{"id":${id}}`)).toMatchObject({ status: 202, body: { id: key } })
    expect(await to.messages(order)).toMatchObject([{ body: { id: Number(id) } }])
  })

  it('is found at any depth, each of them', async () => {
    const body = '{"id":1,"note":[{"a/b":9007199254740993},9007199254740992,{"c":9007199254740995}]}'
    expect(await api().send(body)).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '#/note/0/a~1b' }, { pointer: '#/note/2/c' }] },
    })
  })

  it('passes where the option says so', async () => {
    expect((await api({ unstorable: 'allow' }).send('{"id":1524831183200260097}')).status).toBe(202)
  })

  it('does no harm under a name that does not travel', async () => {
    const { to, send } = api()
    expect((await send('{"id":1,"tweet":1524831183200260097}')).status).toBe(202)
    expect(JSON.parse(to.sent[0]?.body ?? '').body).toStrictEqual({ id: 1 })
  })

  it.each([
    ['bodyLimit', () => bodyLimit(), 202],
    ['no middleware that sees the text', () => ({ before: () => undefined }), 500],
  ])('is exact as far as its text is known: %s', async (_, first, status) => {
    const handler = middy()
      .use(first())
      .use(httpJsonBodyParser())
      .use(validate({ body: order }))
      .use(enqueue(order, { to: memoryTarget() }))
      .handler((event) => event.valid.body)
    const exact = invoke(handler, post('{"id":9007199254740992}'))
    if (status === 202) expect((await exact).status).toBe(202)
    else await expect(exact).rejects.toMatchObject({ statusCode: 422, issues: [{ path: '/id' }] })
    await expect(invoke(handler, post('{"id":9007199254740993}'))).rejects.toMatchObject({ statusCode: 422 })
  })

  it('is refused where a middleware put another text in the place of the first', async () => {
    const handler = middy()
      .use(problemDetails())
      .before(({ event }) => {
        Object.assign(event as object, { body: '{"id":9007199254740993}' })
      })
      .use(httpJsonBodyParser())
      .use(validate({ body: order }))
      .use(enqueue(order, { to: memoryTarget() }))
      .handler((event) => event.valid.body)
    expect(await invoke(handler, post('{"id":1}'))).toMatchObject(changed)
  })
})

describe('an integer of a body that a handler makes', () => {
  function send(body: string, handle: (event: HttpEvent) => unknown, parse = true) {
    const chain = middy<HttpEvent>().use(problemDetails())
    if (parse) chain.use(httpJsonBodyParser() as MiddlewareObj)
    const handler = chain.use(enqueue(order, { to: memoryTarget() })).handler(handle)
    return invoke(handler, post(body))
  }

  it('is held against the text of the request', async () => {
    const copy = (event: HttpEvent) => ({ ...(event.body as object) })
    const parse = (event: HttpEvent) => JSON.parse(event.body as string)
    expect(await send('{"id":9007199254740993}', copy)).toMatchObject(changed)
    expect(await send('{"id":9007199254740993}', parse, false)).toMatchObject(changed)
    expect(await send('{"id":9007199254740992}', copy)).toMatchObject({ status: 202 })
    expect(await send('{"id":9007199254740992}', parse, false)).toMatchObject({ status: 202 })
  })

  it('is refused where it is not in the text', async () => {
    expect(await send('{}', () => ({ id: 2 ** 60 }))).toMatchObject(changed)
  })
})

describe('an integer that a schema makes of a text', () => {
  const parcel = defineMessage({
    name: 'parcel.sent',
    schema: z.object({
      id: z.coerce.number(),
      lines: z.array(z.object({ n: z.coerce.number() })).optional(),
    }),
    key: (body) => String(body.id),
  })
  function send(
    body: string,
    { unstorable = 'reject', form = false }: { unstorable?: 'reject' | 'allow'; form?: boolean } = {},
  ) {
    const to = memoryTarget()
    const handler = middy<HttpEvent>()
      .use(problemDetails())
      .use((form ? httpUrlencodeBodyParser() : httpJsonBodyParser()) as MiddlewareObj)
      .use(validate({ body: parcel, unstorable }))
      .use(enqueue(parcel, { to, unstorable }))
      .handler((event) => event.valid.body)
    const type = form ? 'application/x-www-form-urlencoded' : 'application/json'
    return invoke(handler, httpApiEvent({ body, headers: { 'content-type': type } }))
  }

  it('is the one of its text, or a 422 with its place', async () => {
    expect(await send('{"id":"1524831183200260096"}')).toMatchObject({ status: 202 })
    expect(await send('{"id":" 7.5 "}')).toMatchObject({ status: 202, body: { id: '7.5' } })
    expect(await send('{"id":1,"lines":[{"n":2},{"n":"1524831183200260097"}]}')).toMatchObject({
      status: 422,
      body: {
        code: 'SPILLWAY_TEXT_UNSTORABLE',
        errors: [
          {
            pointer: '#/lines/1/n',
            detail: 'The integer is beyond 2^53 - 1, where different integers become the same number',
          },
        ],
      },
    })
    expect(await send('{"id":"1524831183200260097"}', { unstorable: 'allow' })).toMatchObject({ status: 202 })
  })

  it('is found in a form, and in a body that the handler makes', async () => {
    const refused = { status: 422, body: { errors: [{ pointer: '#/id' }] } }
    expect(await send('id=1524831183200260097', { form: true })).toMatchObject(refused)
    expect(await send('id=1524831183200260096', { form: true })).toMatchObject({ status: 202 })
    const handler = middy<HttpEvent>()
      .use(problemDetails())
      .use(enqueue(parcel, { to: memoryTarget() }))
      .handler(() => ({ id: '1524831183200260098' }))
    expect(await invoke(handler, post({}))).toMatchObject(refused)
  })
})

describe('an integer of a bulk body', () => {
  function send(body: string, type: string, options: { unstorable?: 'allow' } = {}) {
    const handler = middy()
      .use(problemDetails())
      .use(bulkBodyParser())
      .use(validate({ bodies: order, ...options }))
      .use(enqueueMany(order, { to: memoryTarget() }))
      .handler((event) => event.valid.bodies)
    return invoke(handler, httpApiEvent({ body, headers: { 'content-type': type } }))
  }
  const items = ['{"id":1}', '{"id":9007199254740993}', '{"id":9007199254740992}', '{"id":-9007199254740993}']
  const refused = { status: 422, code: 'SPILLWAY_TEXT_UNSTORABLE', errors: [{ pointer: '#/id' }] }

  it.each([
    ['application/json', `[${items.join(', ')}]`],
    ['application/x-ndjson', items.join('\n')],
  ])('costs its item alone: %s', async (type, body) => {
    expect(await send(body, type)).toMatchObject({
      status: 207,
      body: {
        items: [
          { index: 0, status: 202 },
          { index: 1, ...refused },
          { index: 2, status: 202, id: '9007199254740992' },
          { index: 3, ...refused },
        ],
      },
    })
    expect((await send(body, type, { unstorable: 'allow' })).status).toBe(202)
  })
})

describe('an integer of a query', () => {
  function send(query: string) {
    const handler = middy()
      .use(problemDetails())
      .use(validate({ query: z.object({ id: z.coerce.number() }) }))
      .handler(({ valid }) => ({ statusCode: 200, body: JSON.stringify(valid.query) }))
    return invoke(handler, httpApiEvent({ query }))
  }

  it('is the one of its text, or a 422', async () => {
    expect(await send('id=9007199254740992')).toMatchObject({ status: 200, body: { id: 9007199254740992 } })
    expect(await send('id=9007199254740993')).toMatchObject({
      status: 422,
      body: { code: 'SPILLWAY_REQUEST_INVALID', errors: [{ in: 'query', pointer: '#/id' }] },
    })
  })
})
