import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { createMessage, decodeMessage, defineMessage, encodeMessage } from './index.ts'
import { onlyMessage, readMessage } from './internal.ts'

const order = defineMessage({
  name: 'order.placed',
  schema: z.object({ id: z.string(), lines: z.array(z.object({ sku: z.string() })).optional() }),
  key: (body) => body.id,
})

const golden = new URL('./envelope-v1.golden.json', import.meta.url)

function expected(found: string): string {
  return `Expected an envelope of Spillway; the record holds ${found}. Give the source a \`decode\` that reads it.`
}

function envelope(change: Record<string, unknown>): string {
  const valid = { spillway: 1, name: 'order.placed', version: 1, key: 'k', time: '2026-01-02T03:04:05.678Z' }
  return JSON.stringify({ ...valid, body: { id: 'k' }, ...change })
}

it.each([
  ['4950', '4950'],
  ['record 0', 'record 0'],
  ['é', undefined],
  ['a\u007f', undefined],
  ['x'.repeat(257), undefined],
  ['', undefined],
  [7, undefined],
])('says whose copy it is only with what may be the id of a record: %j', async (given, redriveOf) => {
  const text = envelope({ redriveOf: given })
  const decoded = (await decodeMessage(order, text)) as { readonly ok: boolean; readonly redriveOf?: string }
  expect([decoded.ok, decoded.redriveOf]).toStrictEqual([true, redriveOf])
})

describe('the wire', () => {
  it('is the golden file, byte for byte', async () => {
    const grouped = defineMessage({
      name: 'order.placed',
      version: 3,
      schema: z.object({ id: z.string(), note: z.string() }),
      key: (body) => body.id,
      group: () => 'tenant-7',
    })
    const message = createMessage(
      grouped,
      { id: 'a1', note: 'naïve\u0000\uFFFE\uD800 "quoted"' },
      {
        time: new Date('2026-01-02T03:04:05.678Z'),
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      },
    )
    const text = await readFile(golden, 'utf8')
    expect(`${encodeMessage(message)}\n`).toBe(text)
    expect(await decodeMessage(grouped, text)).toStrictEqual({ ok: true, message })
  })

  it('leaves out what a message does not have', () => {
    const message = createMessage(order, { id: 'a' }, { time: new Date(0) })
    expect(JSON.parse(encodeMessage(message))).toStrictEqual({
      spillway: 1,
      name: 'order.placed',
      version: 1,
      key: 'a',
      time: '1970-01-01T00:00:00.000Z',
      body: { id: 'a' },
    })
  })

  it('holds only characters that SQS takes', () => {
    const message = createMessage(
      { ...order, key: () => 'k' },
      { id: '\u0001\uFFFE\uFFFF', lines: [{ sku: '\uDC00' }] },
      { time: new Date(0) },
    )
    // Amazon SQS API Reference, SendMessage: #x9 | #xA | #xD | #x20-#xD7FF | #xE000-#xFFFD | #x10000-#x10FFFF
    expect(encodeMessage(message)).toMatch(/^[\t\n\r\x20-\uD7FF\uE000-\uFFFD]*$/)
  })
})

describe('decodeMessage', () => {
  it.each([
    ['text that is not JSON', 'no', expected('text that is not JSON')],
    ['null', 'null', expected('JSON null')],
    ['an array', '[]', expected('a JSON list')],
    ['a foreign object', '{"id":1}', expected('a JSON object')],
    ['a later envelope', envelope({ spillway: 2 }), 'The version of the envelope is 2; this reader knows 1.'],
    [
      'another message',
      envelope({ name: 'order.cancelled' }),
      "The envelope holds another message; this reader expects 'order.placed'.",
    ],
    ['no version', envelope({ version: undefined }), 'The version of the message is missing.'],
    ['a version that is none', envelope({ version: 0 }), 'The version of the message is 0.'],
    [
      'a version that is a deep nest',
      `{"spillway":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      'The version of the envelope is not a number; this reader knows 1.',
    ],
    [
      'a key with a lone surrogate',
      envelope({ key: '\uD800' }),
      'The envelope has no key of 1 to 256 characters.',
    ],
    ['no key', envelope({ key: undefined }), 'The envelope has no key of 1 to 256 characters.'],
    ['an empty key', envelope({ key: '' }), 'The envelope has no key of 1 to 256 characters.'],
    ['a key too long', envelope({ key: 'x'.repeat(257) }), 'The envelope has no key of 1 to 256 characters.'],
    ['a group that is no text', envelope({ group: 7 }), 'The envelope has an invalid group.'],
    ['no time', envelope({ time: 'yesterday' }), 'The envelope has no valid time.'],
    [
      'no time in a message of a later version, which no reader would know either',
      envelope({ version: 2, time: 'yesterday' }),
      'The envelope has no valid time.',
    ],
    ['no body', envelope({ body: undefined }), 'The envelope has no body.'],
  ])('gives a reason for %s', async (_, text, detail) => {
    expect(await decodeMessage(order, text)).toStrictEqual({
      ok: false,
      reason: { code: 'SPILLWAY_ENVELOPE_INVALID', detail },
      retryable: false,
    })
  })

  it('takes what is null and optional for what is absent, as producers in other languages write it', async () => {
    const decoded = await decodeMessage(order, envelope({ group: null, traceparent: null }))
    expect(decoded).toMatchObject({ ok: true, message: { key: 'k' } })
    if (!decoded.ok) return
    expect(decoded.message.group).toBeUndefined()
    expect(decoded.message.traceparent).toBeUndefined()
  })

  it('names the places of an invalid body', async () => {
    const decoded = await decodeMessage(order, envelope({ body: { id: 'k', lines: [{ sku: 'a' }, {}] } }))
    expect(decoded).toStrictEqual({
      ok: false,
      reason: {
        code: 'SPILLWAY_BODY_INVALID',
        detail: 'The body is not a valid order.placed.',
        issues: [{ path: '/lines/1/sku', message: 'Invalid input: expected string, received undefined' }],
      },
      retryable: false,
    })
  })

  it('rejects when the schema throws: the message is not to blame', async () => {
    const broken = defineMessage({
      name: 'order.placed',
      schema: z.unknown().refine(() => {
        throw new Error('no lookup table')
      }),
    })
    await expect(decodeMessage(broken, envelope({}))).rejects.toThrow('no lookup table')
  })

  it('waits for whatever a validator answers that can be waited for', async () => {
    const result = { issues: [{ message: 'no' }] }
    // biome-ignore lint/suspicious/noThenProperty: it is the thing to test
    const validate = () => ({ then: (resolve: (value: unknown) => void) => resolve(result) }) as never
    const odd = defineMessage({
      name: 'order.placed',
      schema: { '~standard': { version: 1, vendor: 'x', validate } },
    })
    expect(await decodeMessage(odd, envelope({}))).toMatchObject({ ok: false })
  })

  it('validates with schemas that are asynchronous', async () => {
    const slow = defineMessage({
      name: 'order.placed',
      schema: z.object({ id: z.string().refine(async (id) => id === 'k') }),
    })
    expect(await decodeMessage(slow, envelope({}))).toMatchObject({ ok: true })
    expect(await decodeMessage(slow, envelope({ body: { id: 'x' } }))).toMatchObject({ ok: false })
  })
})

describe('versions', () => {
  const v3 = defineMessage({
    name: 'order.placed',
    version: 3,
    schema: z.object({ id: z.string(), cents: z.int(), currency: z.string() }),
    upcast: {
      1: (body) => ({ ...(body as object), cents: (body as { euros: number }).euros * 100 }),
      2: (body) => ({ ...(body as object), currency: 'EUR' }),
    },
  })

  it("turns yesterday's messages into today's, one version after the other", async () => {
    const decoded = await decodeMessage(v3, envelope({ version: 1, body: { id: 'k', euros: 5 } }))
    expect(decoded).toMatchObject({
      ok: true,
      message: { version: 3, key: 'k', body: { id: 'k', cents: 500, currency: 'EUR' } },
    })
    expect(await decodeMessage(v3, envelope({ version: 2, body: { id: 'k', cents: 7 } }))).toMatchObject({
      ok: true,
      message: { body: { id: 'k', cents: 7, currency: 'EUR' } },
    })
  })

  it('validates what an upcast makes', async () => {
    const decoded = await decodeMessage(v3, envelope({ version: 1, body: { id: 'k', euros: 0.001 } }))
    expect(decoded).toMatchObject({ ok: false, reason: { code: 'SPILLWAY_BODY_INVALID' }, retryable: false })
  })

  it('parks a version that nothing turns into the next', async () => {
    const { upcast: _, ...without } = v3
    expect(await decodeMessage(without, envelope({ version: 2 }))).toStrictEqual({
      ok: false,
      reason: {
        code: 'SPILLWAY_ENVELOPE_INVALID',
        detail: 'The message is of version 2; this reader has no upcast for 2.',
      },
      retryable: false,
    })
  })

  it('leaves a message of a later version to a later reader', async () => {
    expect(await decodeMessage(v3, envelope({ version: 4 }))).toStrictEqual({
      ok: false,
      reason: {
        code: 'SPILLWAY_ENVELOPE_INVALID',
        detail: 'The message is of version 4; this reader knows 3.',
      },
      retryable: true,
    })
  })

  it('refuses an upcast that leads nowhere', () => {
    const options = { name: 'a', schema: z.unknown(), version: 2, upcast: { 2: (body: unknown) => body } }
    expect(() => defineMessage(options)).toThrow(
      'defineMessage: the option `upcast` has a function for version 2, but `version` is 2.',
    )
    expect(() => defineMessage({ ...options, upcast: { one: () => 1 } as never })).toThrow(
      'defineMessage: the option `upcast` must be an object with a function for each older version',
    )
  })
})

describe('a batch', () => {
  it('reads at once what a synchronous schema validates, and later what another does', async () => {
    const text = envelope({})
    expect(readMessage(onlyMessage(order), text)).toMatchObject({
      ok: true,
      message: { key: 'k', body: { id: 'k' } },
    })
    const slow = defineMessage({ ...order, schema: z.object({ id: z.string() }).refine(async () => true) })
    const reading = readMessage(onlyMessage(slow), text)
    expect(reading).toBeInstanceOf(Promise)
    expect(await reading).toMatchObject({ ok: true, message: { key: 'k', body: { id: 'k' } } })
  })
})
