import type { S3Client } from '@aws-sdk/client-s3'
import { NoSuchKey } from '@aws-sdk/client-s3'
import { plainJson, type RecordSource, type SourceRecord } from '@spillway/message'
import type { SQSMessageAttributes, SQSRecord } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import { sqsSource } from './index.ts'
import { s3Payloads } from './s3.ts'
import { ample } from './testing/sqs.ts'

const queueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/test'
const text = JSON.stringify({ id: 'é'.repeat(100) })
const bytes = Buffer.byteLength(text)

/** A bucket with one object. */
function bucketWith(body: string | undefined) {
  const asked: unknown[] = []
  const client = {
    async send({ input }: { readonly input: object }) {
      asked.push(input)
      if (body === undefined) throw new NoSuchKey({ message: 'gone', $metadata: {} })
      return { Body: [Buffer.from(body)], ContentLength: Buffer.byteLength(body) }
    },
  } as unknown as S3Client
  return { asked, client }
}

function recordWith(body: string, size: string | undefined, name = 'ExtendedPayloadSize'): SQSRecord {
  const attributes = { ApproximateReceiveCount: '1' }
  const messageAttributes = (
    size === undefined ? {} : { [name]: { dataType: 'Number', stringValue: size } }
  ) as SQSMessageAttributes
  const eventSourceARN = 'arn:aws:sqs:us-east-1:000000000000:test'
  return {
    messageId: 'm',
    receiptHandle: 'r',
    body,
    attributes,
    messageAttributes,
    eventSourceARN,
  } as SQSRecord
}

async function read(record: SQSRecord, client: S3Client, maximumBytes?: number) {
  const payloads = s3Payloads({
    buckets: ['payloads', 'others'],
    client,
    ...(maximumBytes !== undefined && { maximumBytes }),
  })
  const source = sqsSource({
    queueUrl,
    deadLetterQueueUrl: `${queueUrl}-dlq`,
    client: { send: () => undefined } as never,
    decode: plainJson(),
    payloads,
  })
  const event: Record<string, unknown> = { Records: [record] }
  await source.before?.({ event, internal: {} } as never)
  return (event.source as RecordSource).records[0] as SourceRecord
}

const pointerTo = (s3BucketName: string, className = 'software.amazon.payloadoffloading.PayloadS3Pointer') =>
  JSON.stringify([className, { s3BucketName, s3Key: 'f6a1' }])

describe('a pointer of the SQS Extended Client', () => {
  it.each([
    ['software.amazon.payloadoffloading.PayloadS3Pointer', 'ExtendedPayloadSize'],
    ['com.amazon.sqs.javamessaging.MessageS3Pointer', 'SQSLargePayloadSize'],
  ])('of class %s has its payload fetched', async (className, attribute) => {
    const { asked, client } = bucketWith(text)
    const record = await read(recordWith(pointerTo('payloads', className), String(bytes), attribute), client)
    expect(record.loadBytes).toBe(bytes)
    expect(await record.load?.(ample())).toBe(text)
    expect(asked).toStrictEqual([{ Bucket: 'payloads', Key: 'f6a1' }])
  })

  it('reads no other bucket than those that are listed', async () => {
    const { asked, client } = bucketWith(text)
    const record = await read(recordWith(pointerTo('secrets'), String(bytes)), client)
    await expect(record.load?.(ample())).rejects.toMatchObject({
      code: 'SPILLWAY_CLAIM_FAILED',
      message: expect.stringContaining('its bucket is not one of those that the function may read'),
    })
    expect(asked).toStrictEqual([])
  })

  it.each([
    ['gone', undefined, bytes, undefined],
    ['larger than it says', text, bytes - 1, undefined],
    ['said to be larger than may be read', text, bytes, bytes - 1],
    ['larger than may be read, without saying so', text, undefined, bytes - 1],
  ])('is gone for good where the payload is %s', async (_, body, size, most) => {
    const { client } = bucketWith(body)
    const record = await read(recordWith(pointerTo('payloads'), size?.toString()), client, most)
    await expect(record.load?.(ample())).rejects.toMatchObject({ code: 'SPILLWAY_CLAIM_MISSING' })
  })

  it('without a size counts as the largest that is read', async () => {
    const { client } = bucketWith(text)
    const record = await read(recordWith(pointerTo('payloads'), undefined), client)
    expect(record.loadBytes).toBe(16_777_216)
    expect(await record.load?.(ample())).toBe(text)
  })

  it.each([
    '[]',
    '["a"]',
    '{"s3BucketName":"payloads"}',
    `${pointerTo('payloads').slice(0, -3)}`,
    '["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":5}]',
  ])('is not %s', async (body) => {
    expect((await read(recordWith(body, '10'), bucketWith(text).client)).load).toBeUndefined()
  })
})

it('s3Payloads checks its options', () => {
  expect(() => s3Payloads({ buckets: [] })).toThrow('buckets')
  expect(() => s3Payloads({ buckets: [undefined] })).toThrow('are their environment variables set?')
  expect(() => s3Payloads({ buckets: ['a'], maximumBytes: 0 })).toThrow('maximumBytes')
})
