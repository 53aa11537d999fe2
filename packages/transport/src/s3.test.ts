import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CreateBucketCommand, DeleteObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import type { ClaimStore, TimeLimit } from '@spillway/message'
import { buildApp } from 'fauxqs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { maxClaimBytes } from './claim/claim.ts'
import { s3ClaimStore } from './s3.ts'

// The SDK's own client, over HTTP.

const app = buildApp({ logger: false })
let endpoint = ''
let client: S3Client
let store: ClaimStore

/** A limit with so much time that it plays no part. */
function ample(): TimeLimit {
  return { signal: new AbortController().signal, remainingTime: () => 60_000 }
}

function clientOf(url: string): S3Client {
  return new S3Client({
    endpoint: url,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
  })
}

beforeAll(async () => {
  endpoint = await app.listen({ host: '127.0.0.1', port: 0 })
  client = clientOf(endpoint)
  await client.send(new CreateBucketCommand({ Bucket: 'bodies' }))
  store = s3ClaimStore({ bucket: 'bodies', client })
})
afterAll(async () => {
  client.destroy()
  await app.close()
})

describe('S3', () => {
  it.each([
    ['a text', 'naïve 🚀 \\u0000'],
    ['5 MiB', 'é'.repeat(2_621_440)],
  ])('keeps %s', async (name, text) => {
    await store.put(`spillway/${name.length}`, text, ample())
    expect(await store.get(`spillway/${name.length}`, ample())).toBe(text)
  })

  it('takes the same text again', async () => {
    await store.put('twice', 'x', ample())
    await store.put('twice', 'x', ample())
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: 'bodies', Prefix: 'twice' }))
    expect(Contents).toHaveLength(1)
  })

  it('has nothing under a key that was deleted or never was', async () => {
    await store.put('gone', 'x', ample())
    await client.send(new DeleteObjectCommand({ Bucket: 'bodies', Key: 'gone' }))
    expect(await store.get('gone', ample())).toBeUndefined()
    expect(await store.get('never', ample())).toBeUndefined()
  })

  it('rejects for a bucket that does not exist, both ways', async () => {
    const nowhere = s3ClaimStore({ bucket: 'nowhere', client })
    await expect(nowhere.put('a', 'x', ample())).rejects.toMatchObject({ name: 'NoSuchBucket' })
    await expect(nowhere.get('a', ample())).rejects.toMatchObject({ name: 'NoSuchBucket' })
  })

  it('rejects when its time is over', async () => {
    const over = { signal: AbortSignal.abort(), remainingTime: () => 0 }
    await expect(store.put('a', 'x', over)).rejects.toMatchObject({ name: 'AbortError' })
    await expect(store.get('a', over)).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('an object that nobody should have to read', () => {
  async function answering(run: Parameters<typeof createServer>[1], get: (url: string) => Promise<unknown>) {
    const server = createServer(run)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      return await get(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }

  it('is not read when it says how large it is', async () => {
    let written = 0
    const reading = answering(
      (_, response) => {
        response.writeHead(200, { 'content-length': String(maxClaimBytes + 1) })
        response.write('x')
        written++
      },
      (url) => s3ClaimStore({ bucket: 'b', client: clientOf(url) }).get('k', ample()),
    )
    await expect(reading).rejects.toMatchObject({ code: 'SPILLWAY_CLAIM_MISSING' })
    expect(written).toBe(1)
  })

  it('is not read to its end when it has more bytes than its claim says', async () => {
    await store.put('larger', 'x'.repeat(11), ample())
    expect(await store.get('larger', ample(), 11)).toHaveLength(11)
    await expect(store.get('larger', ample(), 10)).rejects.toMatchObject({ code: 'SPILLWAY_CLAIM_MISSING' })
  })

  it('is read to the limit when it does not end', async () => {
    let sent = 0
    const chunk = Buffer.alloc(1_048_576, 'x')
    const reading = answering(
      (_, response) => {
        response.writeHead(200)
        const more = (): void => {
          if (response.destroyed) return
          sent += chunk.byteLength
          response.write(chunk, () => setImmediate(more))
        }
        more()
      },
      (url) => s3ClaimStore({ bucket: 'b', client: clientOf(url) }).get('k', ample()),
    )
    await expect(reading).rejects.toMatchObject({ code: 'SPILLWAY_CLAIM_MISSING' })
    expect(sent).toBeLessThan(4 * maxClaimBytes)
  })

  it('is not taken for stored when the answer says nothing', async () => {
    const putting = answering(
      (_, response) => response.end(),
      (url) => s3ClaimStore({ bucket: 'b', client: clientOf(url) }).put('k', 'x', ample()),
    )
    await expect(putting).rejects.toThrow('the answer has no ETag')
  })
})

describe('options', () => {
  it('name what is wrong', () => {
    expect(() => s3ClaimStore({ bucket: undefined })).toThrow(
      's3ClaimStore: the option `bucket` is missing; it must be the name of a bucket (is its environment variable set?).',
    )
    expect(() => s3ClaimStore({ bucket: 'b', expectedBucketOwner: '12' })).toThrow('the id of an account')
  })
})
