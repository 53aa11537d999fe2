/**
 * A claim store in Amazon S3. Needs the peer `@aws-sdk/client-s3`.
 *
 * @module
 */
import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { type ClaimStore, SpillwayError } from '@spillway/message'
import { checkOptions, nonEmptyString, type OptionRules, objectWith } from '@spillway/message/internal'
import { maxClaimBytes } from './claim/claim.ts'

/** Options of {@link s3ClaimStore}. */
export interface S3ClaimStoreOptions {
  /**
   * The bucket. Give it a lifecycle rule that expires objects under the prefix after 30 days, which is longer than the
   * queue and the dead-letter queue keep messages.
   */
  readonly bucket: string | undefined
  /** Default: a client with the SDK's own configuration. */
  readonly client?: Pick<S3Client, 'send'>
  /** The id of the account that must own the bucket. Default: not checked. */
  readonly expectedBucketOwner?: string
}

/** The rules of options for a bucket of S3. */
export const s3Rules: OptionRules<S3ClaimStoreOptions> = {
  bucket: { ...nonEmptyString(), expected: 'the name of a bucket (is its environment variable set?)' },
  client: { ...objectWith('send'), expected: 'an S3Client' },
  expectedBucketOwner: {
    expected: 'the id of an account, 12 digits',
    test: (value) => typeof value === 'string' && /^\d{12}$/.test(value),
  },
}

/**
 * A store of large bodies in Amazon S3, for `claimCheck` of a target and of a source.
 *
 * The target needs `s3:PutObject`. The source needs `s3:GetObject` and `s3:ListBucket`: without the latter S3 answers 403
 * instead of 404 for an object that no longer exists, so that the record is delivered again and again.
 *
 * Reads at most as many bytes of an object as its claim says, and at most 16 MiB.
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

/** Reads a body. Stops at the maximum even if the answer has no length, or a wrong one. */
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
    `The record is a claim on a large body, but the object has more than ${maximum} bytes: it was replaced.`,
  )
}
