import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  acknowledge,
  base64,
  cloudEvent,
  type Decoding,
  envelope,
  firstOf,
  gzipped,
  named,
  notMine,
  plainJson,
  refuse,
} from '../index.ts'
import { envelopeIn } from '../internal.ts'
import { anyText } from '../testing/any-text.ts'
import { kindOfText } from './kind-of-text.ts'

const toBase64 = (text: string | Buffer) => Buffer.from(text).toString('base64')
const wire = JSON.stringify({
  spillway: 1,
  name: 'order',
  version: 2,
  key: 'k',
  group: null,
  time: '2026-01-02T03:04:05.678Z',
  body: { id: 'a' },
})

describe('plainJson', () => {
  it.each([
    ['{"id":1}', { id: 1 }],
    ['[1,2]', [1, 2]],
    ['"text"', 'text'],
    ['null', null],
    ['0', 0],
    [' \n{"id":1}', { id: 1 }],
    ['\uFEFF{"id":1}', { id: 1 }],
    ['{"kind":"refused","body":1}', { kind: 'refused', body: 1 }],
    ['{"spillway":"a hotel","key":"k"}', { spillway: 'a hotel', key: 'k' }],
  ])('takes %j for a body', (text, body) => {
    expect(plainJson()(text, {})).toStrictEqual({ body })
  })

  it.each(['', 'text', '{"id":', '<xml/>', '\u0000'])('does not take %j', (text) => {
    expect(plainJson()(text, {})).toStrictEqual(notMine('plain JSON'))
  })

  it('does not take an envelope for a body', () => {
    expect(plainJson()(wire, {})).toStrictEqual(notMine('plain JSON', 'an envelope of Spillway'))
  })

  const all = plainJson({
    key: ({ id }) => id,
    group: ({ tenant }) => tenant,
    time: ({ at }) => at,
    name: ({ type }) => type,
    version: ({ v }) => v,
  })
  const at = new Date('2026-01-02T03:04:05.678Z')

  it('reads facts out of the body', () => {
    const body = { id: 7, tenant: 'x', at: at.toISOString(), type: 'order', v: 3 }
    const facts = { key: '7', group: 'x', time: at, name: 'order', version: 3 }
    expect(all(JSON.stringify(body), {})).toStrictEqual({ body, ...facts })
    expect(all(JSON.stringify({ at: at.getTime() }), {})).toMatchObject({ time: at })
  })

  it.each(['{}', '{"id":null}', 'null', '[]', '5'])('leaves out what there is not: %s', (text) => {
    expect(all(text, {})).toStrictEqual({ body: JSON.parse(text) })
  })

  it.each([
    ['{"id":{}}', 'key'],
    ['{"id":1.5}', 'key'],
    ['{"id":9007199254740993}', 'key'],
    ['{"tenant":true}', 'group'],
    ['{"at":"yesterday"}', 'time'],
    ['{"type":5}', 'name'],
    ['{"v":0}', 'version'],
  ])('refuses %s, without a word of what is in it', (text, fact) => {
    expect(all(text, {})).toStrictEqual(refuse(`The record holds plain JSON whose ${fact} is not valid.`))
  })

  it('takes functions alone', () => {
    expect(() => plainJson({ key: 'id' as never })).toThrow('plainJson: the option `key` must be')
    expect(() => plainJson({ kee: () => 1 } as never)).toThrow('kee')
  })
})

describe('envelope', () => {
  it('reads what a target sends', () => {
    const decoded = envelope()(wire, {})
    expect(decoded).toMatchObject({ name: 'order', version: 2, key: 'k', body: { id: 'a' } })
    expect('kind' in decoded ? undefined : envelopeIn(decoded)).toStrictEqual(JSON.parse(wire))
  })

  it.each(['{}', '[]', 'null', 'text', '{"name":"order","key":"k"}'])('does not take %s', (text) => {
    expect(envelope()(text, {})).toStrictEqual(notMine('an envelope of Spillway'))
  })

  it.each([
    ['{"spillway":2}', 'The version of the envelope is 2; this reader knows 1.'],
    ['{"spillway":1,"name":"order","version":1}', 'The envelope has no key of 1 to 256 characters.'],
  ])('refuses a damaged one: %s', (text, detail) => {
    expect(envelope()(text, {})).toStrictEqual(refuse(detail, 'SPILLWAY_ENVELOPE_INVALID'))
  })
})

describe('firstOf', () => {
  const both = firstOf(envelope(), plainJson())

  it('takes the first that knows the text as its own', () => {
    expect(both(wire, {})).toMatchObject({ key: 'k' })
    expect(both('{"id":1}', {})).toStrictEqual({ body: { id: 1 } })
    expect(firstOf(() => acknowledge(), plainJson())('{}', {})).toStrictEqual(acknowledge())
  })

  it('does not give a damaged text of one to the next', () => {
    expect(both('{"spillway":3}', {})).toMatchObject({ kind: 'refused' })
  })

  it('says all that it expected', () => {
    const all = firstOf(envelope(), base64(plainJson()), base64(envelope()), plainJson())
    expect(all('?', {})).toStrictEqual(
      notMine('an envelope of Spillway or base64 of UTF-8 text or plain JSON', undefined),
    )
  })

  it('takes decodings alone', () => {
    expect(() => firstOf()).toThrow('firstOf takes decodings')
    expect(() => firstOf(plainJson as never, {} as never)).toThrow('firstOf takes decodings')
  })
})

describe('named', () => {
  it('names what has no name, or another one', () => {
    const words: Readonly<Record<string, string>> = { 'Order Placed': 'order.placed' }
    const renamed = named(({ name = '' }) => words[name], plainJson({ name: ({ type }) => type }))
    expect(renamed('{"type":"Order Placed"}', {})).toMatchObject({ name: 'order.placed' })
    expect(renamed('{"type":"Refund"}', {})).toMatchObject({ name: 'Refund' })
    expect(named('order', plainJson())('{}', {})).toStrictEqual({ body: {}, name: 'order' })
    expect(named('order', plainJson())('?', {})).toStrictEqual(notMine('plain JSON'))
  })

  it('checks its arguments', () => {
    expect(() => named('', plainJson())).toThrow('named takes a name')
    expect(() => named('a', undefined as never)).toThrow('named takes decodings')
  })
})

describe('base64 and gzip', () => {
  const text = JSON.stringify({ id: 'é🚀' })

  it('are around another decoding', () => {
    expect(base64(plainJson())(toBase64(text), {})).toStrictEqual({ body: JSON.parse(text) })
    expect(gzipped(plainJson())(toBase64(gzipSync(text)), {})).toStrictEqual({ body: JSON.parse(text) })
    expect(base64(base64(envelope()))(toBase64(toBase64(wire)), {})).toMatchObject({ key: 'k' })
    expect(base64(plainJson())(toBase64('no JSON'), {})).toStrictEqual(notMine('plain JSON'))
  })

  it.each(['', '{}', 'abc', 'ab=c', 'abcd\n', '_-_-', toBase64(Buffer.from([0xff, 0xfe]))])(
    'are not in %j',
    (other) => {
      expect(base64(plainJson())(other, {})).toStrictEqual(notMine('base64 of UTF-8 text'))
      expect(gzipped(plainJson())(other, {})).toStrictEqual(notMine('gzip in base64'))
    },
  )

  it('inflate no more than they may', () => {
    const bomb = toBase64(gzipSync(JSON.stringify('x'.repeat(1_000_000))))
    const detail = 'The record holds gzip of more than 1000 bytes.'
    expect(gzipped(plainJson(), { maximumBytes: 1000 })(bomb, {})).toStrictEqual(refuse(detail))
    const exact = toBase64(gzipSync(`"${'x'.repeat(998)}"`))
    expect(gzipped(plainJson(), { maximumBytes: 1000 })(exact, {})).toMatchObject({ body: 'x'.repeat(998) })
    expect(() => gzipped(plainJson(), { maximumBytes: 0 })).toThrow('maximumBytes')
  })

  it('are refused where they are damaged', () => {
    const cut = toBase64(gzipSync(text).subarray(0, 15))
    expect(gzipped(plainJson())(cut, {})).toStrictEqual(refuse('The record holds gzip that is damaged.'))
    const binary = toBase64(gzipSync(Buffer.from([0xff])))
    expect(gzipped(plainJson())(binary, {})).toMatchObject({ kind: 'refused' })
  })
})

describe('cloudEvent', () => {
  const event = { specversion: '1.0', id: '1', source: '/shop', type: 'order.placed' }
  const read = (change: object) => cloudEvent()(JSON.stringify({ ...event, ...change }), {})

  it('has its data, source and id, type and time', () => {
    const time = '2026-01-02T03:04:05Z'
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    expect(read({ time, data: { a: 1 }, partitionkey: 'p', traceparent })).toStrictEqual({
      body: { a: 1 },
      key: '/shop 1',
      name: 'order.placed',
      time: new Date(time),
      group: 'p',
      traceparent,
    })
    expect(read({})).toStrictEqual({ body: undefined, key: '/shop 1', name: 'order.placed', time: undefined })
    expect(read({ data_base64: toBase64('{"a":1}') })).toMatchObject({ body: { a: 1 } })
  })

  it('has a key of bounded length', () => {
    const { key } = read({ id: 'x'.repeat(300) }) as { readonly key: string }
    expect(key).toMatch(/^[0-9a-f]{64}$/)
    expect(read({ id: 'y'.repeat(300) })).not.toMatchObject({ key })
  })

  it.each([{ specversion: '2.0' }, { id: undefined }, { source: '' }, { type: 5 }, { data_base64: 'AAAA' }])(
    'is refused where it is damaged: %j',
    (change) => {
      expect(read(change)).toMatchObject({ kind: 'refused', code: 'SPILLWAY_MESSAGE_UNREADABLE' })
    },
  )

  it.each(['{}', '[]', '5', 'text'])('is not in %s', (text) => {
    expect(cloudEvent()(text, {})).toStrictEqual(notMine('a CloudEvent'))
  })
})

describe('the kind of a text', () => {
  it.each([
    ['', 'no text'],
    ['secret', 'text that is not JSON'],
    [wire, 'an envelope of Spillway'],
    ['{"Type":"Notification","TopicArn":"arn"}', 'an SNS notification'],
    ['{"Type":"SubscriptionConfirmation","TopicArn":"arn"}', 'an SNS subscription confirmation'],
    ['{"Event":"s3:TestEvent"}', 'an S3 test event'],
    ['{"Records":[{"eventSource":"aws:s3"}]}', 'an S3 notification'],
    ['{"Records":[]}', 'a JSON object'],
    ['{"specversion":"1.0"}', 'a CloudEvent'],
    ['{"detail-type":"a","source":"b"}', 'an EventBridge event'],
    ['{"messageType":"DATA_MESSAGE","owner":"1"}', 'a message of CloudWatch Logs'],
    ['["software.amazon.payloadoffloading.PayloadS3Pointer",{}]', 'a pointer of the SQS Extended Client'],
    ['[1]', 'a JSON list'],
    ['"secret"', 'a JSON string'],
    ['null', 'JSON null'],
  ])('%s', (text, kind) => {
    expect(kindOfText(text)).toBe(kind)
  })
})

it('no decoding throws, or says a word of a text', () => {
  const decodings: readonly Decoding[] = [
    firstOf(envelope(), cloudEvent(), plainJson()),
    base64(gzipped(plainJson())),
    gzipped(base64(cloudEvent())),
    envelope(),
    cloudEvent(),
  ]
  const texts = fc.oneof(anyText(), fc.json(), fc.base64String())
  fc.assert(
    fc.property(texts, fc.constantFrom(...decodings), (text, decode) => {
      const result = decode(text, {})
      if ('detail' in result && text.length > 12) expect(result.detail).not.toContain(text)
      expect(kindOfText(text).length).toBeLessThan(40)
    }),
  )
})
