import middy, { type MiddlewareObj } from '@middy/core'
import httpJsonBodyParser from '@middy/http-json-body-parser'
import httpMultipartBodyParser from '@middy/http-multipart-body-parser'
import httpUrlencodeBodyParser from '@middy/http-urlencode-body-parser'
import { defineMessage } from '@spillway/message'
import { memoryTarget } from '@spillway/message/testing'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { bodyLimit, bulkBodyParser, enqueue, enqueueMany, problemDetails, validate } from './index.ts'
import { memoryLogger } from './testing/http.ts'
import { httpApiEvent, invoke, restApiEvent } from './testing.ts'

const note = defineMessage({
  name: 'note',
  schema: z.object({ id: z.string(), text: z.string().optional() }),
  key: (body) => body.id,
})

function single(parser: unknown, limited = true) {
  const to = memoryTarget()
  const handler = middy()
    .use(problemDetails({ logger: memoryLogger() }))
    .use(limited ? bodyLimit() : problemDetails())
    .use(parser as MiddlewareObj)
    .use(validate({ body: note }))
    .use(enqueue(note, { to }))
    .handler((event) => event.valid.body)
  return { to, handler }
}

function bulk(limited = true) {
  const to = memoryTarget()
  const handler = middy()
    .use(problemDetails({ logger: memoryLogger() }))
    .use(limited ? bodyLimit() : problemDetails())
    .use(bulkBodyParser())
    .use(validate({ bodies: note }))
    .use(enqueueMany(note, { to }))
    .handler((event) => event.valid.bodies)
  return { to, handler }
}

const forms = [
  ['text', (text: string) => text],
  ['base64', (text: string) => Buffer.from(text)],
] as const
const ndjson = { 'content-type': 'application/x-ndjson' }

describe.each(forms)('a byte order mark before a body, as %s', (_, toBody) => {
  it('is no part of JSON', async () => {
    const { to, handler } = single(httpJsonBodyParser())
    expect(await invoke(handler, httpApiEvent({ body: toBody('\uFEFF{"id":"a"}') }))).toMatchObject({
      status: 202,
      body: { id: 'a' },
    })
    expect((await to.messages(note)).map(({ body }) => body)).toStrictEqual([{ id: 'a' }])
  })

  it.each([true, false])('is no part of a list or of the first line, with bodyLimit: %s', async (limited) => {
    const array = bulk(limited)
    const list = httpApiEvent({ body: toBody('\uFEFF[{"id":"a"}]') })
    expect(await invoke(array.handler, list)).toMatchObject({ status: 202, body: { accepted: 1 } })
    const lines = bulk(limited)
    const body = toBody('\uFEFF{"id":"a"}\n{"id":"b"}\n')
    expect(await invoke(lines.handler, httpApiEvent({ body, headers: ndjson }))).toMatchObject({
      status: 202,
      body: {
        items: [
          { index: 0, id: 'a' },
          { index: 1, id: 'b' },
        ],
      },
    })
  })

  it('is what the answer names where nothing takes it away', async () => {
    const { handler } = single(httpJsonBodyParser(), false)
    expect(await invoke(handler, httpApiEvent({ body: toBody('\uFEFF{"id":"a"}') }))).toMatchObject({
      status: 400,
      body: { detail: 'The body is not valid JSON: it starts with a byte order mark.' },
    })
  })

  it('is not taken twice, nor from inside', async () => {
    const { handler } = single(httpJsonBodyParser())
    expect((await invoke(handler, httpApiEvent({ body: toBody('\uFEFF\uFEFF{"id":"a"}') }))).status).toBe(400)
    const inside = httpApiEvent({ body: toBody('{"id":"\uFEFFa"}') })
    expect(await invoke(handler, inside)).toMatchObject({ status: 202, body: { id: '\uFEFFa' } })
  })
})

describe('a form', () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }

  it('is taken by its parser', async () => {
    const { handler } = single(httpUrlencodeBodyParser())
    expect(await invoke(handler, httpApiEvent({ body: 'id=a&text=b%20c', headers }))).toMatchObject({
      status: 202,
      body: { id: 'a' },
    })
  })

  it('is what an endpoint of forms asks for', async () => {
    const { handler } = single(httpUrlencodeBodyParser())
    expect(await invoke(handler, httpApiEvent({ body: { id: 'a' } }))).toMatchObject({
      status: 415,
      body: {
        code: 'SPILLWAY_MEDIA_TYPE_UNSUPPORTED',
        detail: 'Send the body as application/x-www-form-urlencoded.',
      },
    })
  })
})

describe('multipart', () => {
  const headers = { 'content-type': 'multipart/form-data; boundary=b' }
  const bytes = (content: Buffer, id = 'a') =>
    Buffer.concat([
      Buffer.from(`--b\r\nContent-Disposition: form-data; name="id"\r\n\r\n${id}\r\n`),
      Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="f.png"\r\n'),
      Buffer.from('Content-Type: image/png\r\n\r\n'),
      content,
      Buffer.from('\r\n--b--\r\n'),
    ])

  it.each([
    ['bytes that are no UTF-8', Buffer.from([0x89, 0x50, 0xff, 0xfe, 0x00])],
    ['many brackets', Buffer.from('['.repeat(1000))],
  ])('with %s is taken by its parser', async (_, content) => {
    const { to, handler } = single(httpMultipartBodyParser())
    expect(await invoke(handler, restApiEvent({ body: bytes(content), headers }))).toMatchObject({
      status: 202,
    })
    expect(to.sent.map(({ key }) => key)).toStrictEqual(['a'])
  })

  it('is what its endpoint asks for', async () => {
    const { handler } = single(httpMultipartBodyParser())
    expect(await invoke(handler, httpApiEvent({ body: { id: 'a' } }))).toMatchObject({
      status: 415,
      body: { detail: 'Send the body as multipart/form-data.' },
    })
    const broken = httpApiEvent({ body: Buffer.from([0x2d, 0x2d, 0x62]), headers })
    expect(await invoke(handler, broken)).toMatchObject({
      status: 400,
      body: { code: 'SPILLWAY_BODY_MALFORMED', detail: 'The body is not valid multipart/form-data.' },
    })
  })

  it('has parts that may be too large', async () => {
    const { handler } = single(httpMultipartBodyParser({ busboy: { limits: { fileSize: 10 } } }))
    expect(await invoke(handler, httpApiEvent({ body: bytes(Buffer.alloc(99)), headers }))).toMatchObject({
      status: 413,
      body: { code: 'SPILLWAY_BODY_TOO_LARGE', detail: 'A part of the body is too large.' },
    })
  })
})

describe('a body that is no text', () => {
  const anything = (type: string, body: Buffer | string) => {
    const handler = middy()
      .use(problemDetails())
      .use(bodyLimit({ maxBytes: 100, maxDepth: 5 }))
      .handler(() => ({ statusCode: 200, headers: {}, body: '1' }))
    return invoke(handler, httpApiEvent({ body, headers: { 'content-type': type } }))
  }
  const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff])

  it('has a size alone', async () => {
    expect((await anything('image/png', png)).status).toBe(200)
    expect((await anything('application/octet-stream', png)).status).toBe(200)
    expect((await anything('image/png', Buffer.alloc(101, 0xff))).status).toBe(413)
  })

  it('is refused where its type says that it is text', async () => {
    for (const type of [
      'application/json',
      'text/plain',
      'application/vnd.api+json',
      'application/x-ndjson',
    ]) {
      expect((await anything(type, png)).status, type).toBe(400)
    }
  })

  it('is JSON all the same where it starts as JSON does: a parser may not look at the type', async () => {
    const bad = Buffer.concat([Buffer.from(' \r\n{"id":"'), Buffer.from([0xff]), Buffer.from('"}')])
    const far = Buffer.concat([Buffer.from(' '.repeat(90)), Buffer.from('{'), Buffer.from([0xff])])
    for (const type of ['image/png', 'multipart/form-data; boundary=b']) {
      expect((await anything(type, bad)).status, type).toBe(400)
      expect((await anything(type, far)).status, type).toBe(400)
      expect((await anything(type, '['.repeat(9))).status, type).toBe(400)
      expect((await anything(type, '-1')).status, type).toBe(200)
    }
  })
})
