import { gzipSync } from 'node:zlib'
import { gzipped, plainJson } from '@spillway/message'
import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type kinesisRecordOf, type ParkedCopy, redriveData } from './index.ts'
import { ample, sourceOf } from './testing/kinesis.ts'

const reason = { code: 'C', detail: 'd' }
const envelope = '{"spillway":1,"name":"n","version":1,"key":"k","time":"2026-01-01T00:00:00Z","body":{}}'

const recordOf = (data: Uint8Array) =>
  ({
    kinesis: {
      data: Buffer.from(data).toString('base64'),
      partitionKey: 'p',
      sequenceNumber: '4951',
      approximateArrivalTimestamp: 1,
    },
    eventID: 'shardId-000000000006:4951',
    eventSource: 'aws:kinesis',
    eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/readings',
  }) as KinesisStreamRecord

/** What the source makes of data, and what it parks of it. */
async function read(data: Uint8Array) {
  const copies: ParkedCopy[] = []
  const event: KinesisStreamEvent = { Records: [recordOf(data)] }
  const source = await sourceOf(event, {
    deadLetter: { put: async (copy) => void copies.push(copy) },
    decode: gzipped(plainJson()),
  })
  const [record] = source.records
  if (record === undefined) throw new Error('no record')
  await source.park(record, reason, ample())
  return { source, record, copy: copies[0] }
}

describe('the data of a record that goes back', () => {
  it.each([
    '[1]',
    '"text"',
    'null',
    '7',
    'no JSON',
    '{"id":1}',
    '{"spillway":"x"}',
    '\uFEFF{}',
    '\n',
    '{"a":1}\n{}',
  ])('comes out as it was, with its mark, where it is a text but no envelope: %j', async (text) => {
    const { record, copy } = await read(redriveData(text, '4950'))
    expect(record).toMatchObject({ body: text, redriveOf: '4950' })
    expect(copy).toMatchObject({ text, base64: Buffer.from(text).toString('base64'), reason })
  })

  it('comes out as it was, byte for byte, whatever its bytes are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), async (bytes) => {
        const { record, copy } = await read(redriveData(bytes, '4950'))
        expect(record.redriveOf).toBe('4950')
        expect(copy?.base64).toBe(Buffer.from(bytes).toString('base64'))
      }),
      { numRuns: 200 },
    )
  })

  it('is decoded as it was where it is gzip, and the handler finds it so in its record', async () => {
    const zipped = gzipSync('{"id":1}')
    const { source, record } = await read(redriveData(zipped, '4950'))
    expect(source.decode?.(record, record.body)).toMatchObject({ body: { id: 1 } })
    expect(record).toMatchObject({ id: '4951', redriveOf: '4950' })
    const { kinesis } = record.raw as ReturnType<typeof kinesisRecordOf>
    expect(kinesis).toStrictEqual({ ...recordOf(zipped).kinesis })
  })

  it('gets the mark of its last redrive only', async () => {
    const first = await read(redriveData(new Uint8Array([255]), '1'))
    const second = redriveData(Buffer.from(first.copy?.base64 ?? '', 'base64'), '2')
    expect(await read(second)).toMatchObject({ record: { redriveOf: '2' }, copy: { base64: '/w==' } })
    expect(String(Buffer.from(redriveData(redriveData(envelope, '1'), '"2')))).toBe(
      `${envelope.slice(0, -1)},"redriveOf":"\\"2"}`,
    )
  })

  it('is the envelope with one more field, every digit and space kept', () => {
    const text = '{ "spillway": 1,\n "body": {"n": 12345678901234567890, "d": 1.50, "redriveOf":"x"}}\n'
    expect(String(Buffer.from(redriveData(text, '4950')))).toBe(
      '{ "spillway": 1,\n "body": {"n": 12345678901234567890, "d": 1.50, "redriveOf":"x"},"redriveOf":"4950"}\n',
    )
  })

  it('takes about 100 bytes for its mark', () => {
    const id = `49${'0'.repeat(54)}`
    for (const data of [envelope, '"'.repeat(1000), new Uint8Array(1000)])
      expect(redriveData(data, id).length - data.length).toBeLessThan(100)
  })

  it.each(['', '\n', 'é', 'x'.repeat(257)])('refuses %j, which is no id of a record', (id) => {
    expect(() => redriveData('x', id)).toThrow(expect.objectContaining({ code: 'SPILLWAY_OPTION_INVALID' }))
  })
})

it.each([
  '{"spillway":1,"redriveOf":"4950"}',
  '{"spillway":1,"redriveOf":""}\nx',
  '{"spillway":1,"redriveOf":7}\nx',
  '{"spillway":1,"redriveOf":"4950","text":"x"}\nx',
  '{"spillway":1,"redriveOf":"4950"\n}',
  `{"spillway":1,"redriveOf":"${'x'.repeat(2000)}"}\nx`,
])('what only looks like a mark stays as it is: %s', async (text) => {
  const { record, copy } = await read(Buffer.from(text))
  expect(record).not.toHaveProperty('redriveOf')
  expect(copy).toMatchObject({ text })
})
