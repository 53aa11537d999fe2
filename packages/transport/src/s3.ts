/**
 * A claim store in Amazon S3. Needs the peer `@aws-sdk/client-s3`.
 *
 * @module
 */
import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { type ClaimStore, SpillwayError } from '@spillway/message'
import { checkOptions, nonEmptyString, type OptionRules, objectWith } from '@spillway/message/internal'
import { maxClaimBytes } from './claim/claim.ts'

/** What {@link s3ClaimStore} takes. */
export interface S3ClaimStoreOptions {
  /**
   * The bucket. Give it a lifecycle rule that expires objects under the prefix after 30 days: longer than the queue
   * and its dead-letter queue keep messages, and than a redrive takes.
   */
  readonly bucket: string | undefined
  /** Default: a client with the SDK's own configuration. */
  readonly client?: Pick<S3Client, 'send'>
  /** The account that has to own the bucket. Default: not checked. */
  readonly expectedBucketOwner?: string
}

/** Rules for options that say where something lies in S3. */
export const s3Rules: OptionRules<S3ClaimStoreOptions> = {
  bucket: { ...nonEmptyString(), expected: 'the name of a bucket (is its environment variable set?)' },
  client: { ...objectWith('send'), expected: 'an S3Client' },
  expectedBucketOwner: {
    expected: 'the id of an account, 12 digits',
    test: (value) => typeof value === 'string' && /^\d{12}$/.test(value),
  },
}

/**
 * Keeps large bodies in Amazon S3, for `claimCheck` of `sqsTarget` and of `sqsSource`.
 *
 * The side that accepts needs `s3:PutObject`; the side that writes `s3:GetObject`, and `s3:ListBucket`, without which
 * S3 answers 403 rather than 404 for an object that is gone, so that the record is delivered again in vain.
 *
 * Reads no more of an object than its claim says, and at most 16 MiB.
 *
 * Source: Amazon S3 API Reference, PutObject and GetObject.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function s3ClaimStore(options: S3ClaimStoreOptions): ClaimStore {
  checkOptions('s3ClaimStore', options, s3Rules)
  const { bucket, client = new S3Client({}), expectedBucketOwner } = options
  const place = {
    Bucket: String(bucket),
    ...(expectedBucketOwner !== undefined && { ExpectedBucketOwner: expectedBucketOwner }),
  }

  return {
    async put(key, text, limit) {
      const answer = await client.send(
        new PutObjectCommand({ ...place, Key: key, Body: text, ContentType: 'application/json' }),
        { abortSignal: limit.signal },
      )
      if (answer.ETag === undefined) throw new Error('the answer has no ETag')
    },
    async get(key, limit, maximum = maxClaimBytes) {
      try {
        const { Body, ContentLength } = await client.send(new GetObjectCommand({ ...place, Key: key }), {
          abortSignal: limit.signal,
        })
        return await readText(
          Body as AsyncIterable<Uint8Array> | undefined,
          ContentLength,
          Math.min(maximum, maxClaimBytes),
        )
      } catch (thrown) {
        if (thrown instanceof NoSuchKey) return undefined
        throw thrown
      }
    },
  }
}

/** Reads the whole of a body, and no more than it may have, whatever the answer says of its length. */
async function readText(
  body: AsyncIterable<Uint8Array> | undefined,
  contentLength: number | undefined,
  maximum: number,
): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  if (contentLength !== undefined && contentLength > maximum) throw tooLarge(maximum)
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength
    if (bytes > maximum) throw tooLarge(maximum)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function tooLarge(maximum: number): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_CLAIM_MISSING',
    `The record stands for a large body, but the object has more than ${maximum} bytes: it is another one.`,
  )
}
