import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { buildApp } from 'fauxqs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ParkedCopy } from './index.ts'
import { type S3DeadLetterOptions, s3DeadLetter } from './s3.ts'
import { ample } from './testing/kinesis.ts'

// The SDK's own client, over HTTP.

const app = buildApp({ logger: false })
let client: S3Client

beforeAll(async () => {
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 })
  const credentials = { accessKeyId: 'x', secretAccessKey: 'y' }
  client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1, credentials })
  await client.send(new CreateBucketCommand({ Bucket: 'parked' }))
})
afterAll(async () => {
  client.destroy()
  await app.close()
})

const copy: ParkedCopy = {
  reason: { code: '23514', detail: 'a check failed', issues: [{ path: '/x', message: 'too small' }] },
  parkedAt: new Date(2000),
  text: '{"naïve":"🚀\u0000"}',
  base64: '',
  stream: 'arn:aws:kinesis:eu-west-1:123456789012:stream/readings',
  shardId: 'shardId-000000000003',
  sequenceNumber: '4950',
  recordId: '4950',
  partitionKey: 'sensor',
  arrivedAt: new Date(1000),
}
const key = 'spillway/parked/123456789012/eu-west-1/readings/shardId-000000000003/4950.json'

async function keys(prefix: string): Promise<(string | undefined)[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: 'parked', Prefix: prefix }))
  return Contents.map(({ Key }) => Key)
}

async function read(Key: string): Promise<unknown> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: 'parked', Key }))
  return JSON.parse((await Body?.transformToString()) ?? '')
}

describe('a copy in a bucket', () => {
  it('is a document under the stream, the shard and the sequence number', async () => {
    await s3DeadLetter({ bucket: 'parked', client }).put(copy, ample())
    expect(await read(key)).toStrictEqual({
      code: '23514',
      detail: 'a check failed',
      issues: [{ path: '/x', message: 'too small' }],
      stream: copy.stream,
      shardId: copy.shardId,
      sequenceNumber: '4950',
      partitionKey: 'sensor',
      arrivedAt: '1970-01-01T00:00:01.000Z',
      parkedAt: '1970-01-01T00:00:02.000Z',
      text: copy.text,
    })
  })

  it('takes its own place when it is parked again', async () => {
    const letter = s3DeadLetter({ bucket: 'parked', client, prefix: 'again/' })
    await letter.put(copy, ample())
    await letter.put({ ...copy, parkedAt: new Date(9000) }, ample())
    const [only, ...rest] = await keys('again/')
    expect(rest).toStrictEqual([])
    expect(await read(only ?? '')).toMatchObject({ parkedAt: '1970-01-01T00:00:09.000Z' })
  })

  it('has base64 for what is no text', async () => {
    const letter = s3DeadLetter({ bucket: 'parked', client, prefix: 'bytes/' })
    await letter.put({ ...copy, text: undefined, base64: '/w==' }, ample())
    const [only] = await keys('bytes/')
    const document = await read(only ?? '')
    expect(document).toMatchObject({ base64: '/w==' })
    expect(document).not.toHaveProperty('text')
  })

  it('stays under its prefix, whatever the record says, and two records have two places', async () => {
    const letter = s3DeadLetter({ bucket: 'parked', client, prefix: 'hostile/' })
    const hostile = { ...copy, stream: '../..:::../:..:/', shardId: '..', sequenceNumber: undefined }
    await letter.put({ ...hostile, base64: 'YQ==' }, ample())
    await letter.put({ ...hostile, base64: 'Yg==' }, ample())
    const found = await keys('hostile/')
    expect(found).toHaveLength(2)
    for (const one of found) expect(one?.split('/')).not.toContain('..')
  })
})

describe('what is not confirmed', () => {
  it('rejects: there is no such bucket', async () => {
    await expect(s3DeadLetter({ bucket: 'nowhere', client }).put(copy, ample())).rejects.toThrow()
  })

  it('rejects: the answer has no ETag', async () => {
    const silent = s3DeadLetter({ bucket: 'parked', client: { send: async () => ({}) } as never })
    await expect(silent.put(copy, ample())).rejects.toThrow('no ETag')
  })
})

it.each<[object, string]>([
  [{ bucket: undefined }, 'the name of a bucket'],
  [{ bucket: 'b', prefix: '' }, 'prefix'],
  [{ bucket: 'b', expectedBucketOwner: '12' }, '12 digits'],
])('refuses the options %j', (options, message) => {
  expect(() => s3DeadLetter(options as S3DeadLetterOptions)).toThrow(message)
})
