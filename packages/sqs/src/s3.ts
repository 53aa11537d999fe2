/**
 * A claim store and a store of payloads of the SQS Extended Client, in Amazon S3. Needs the peer `@aws-sdk/client-s3`.
 *
 * @module
 */
import { S3Client } from '@aws-sdk/client-s3'
import { checkOptions, integer, type OptionRules } from '@spillway/message/internal'
import { maxClaimBytes } from '@spillway/transport'
import { type S3ClaimStoreOptions, s3ClaimStore, s3Rules } from '@spillway/transport/s3'
import type { PayloadStore } from './extended-client.ts'

export { type S3ClaimStoreOptions, s3ClaimStore } from '@spillway/transport/s3'

/** Options of {@link s3Payloads}. */
export interface S3PayloadsOptions extends Omit<S3ClaimStoreOptions, 'bucket'> {
  /** The buckets that may be read, at least one. A pointer names its bucket and may be forged, so no other is read. */
  readonly buckets: readonly (string | undefined)[]
  /** The most bytes of a payload, 1 to 16,777,216. A larger one is parked. Default 16,777,216 (16 MiB). */
  readonly maximumBytes?: number
}

const payloadRules: OptionRules<S3PayloadsOptions> = {
  buckets: {
    required: true,
    expected: 'a list of at least one name of a bucket (are their environment variables set?)',
    test: (value) =>
      Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string' && one !== ''),
  },
  client: s3Rules.client,
  expectedBucketOwner: s3Rules.expectedBucketOwner,
  maximumBytes: integer(1, maxClaimBytes),
}

/**
 * Reads payloads that the SQS Extended Client stored in Amazon S3, for the option `payloads` of `sqsSource`. It does not
 * delete them: give their bucket a lifecycle rule.
 *
 * Needs `s3:GetObject` and `s3:ListBucket`: without the latter S3 answers 403 instead of 404 for an object that no longer
 * exists.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function s3Payloads(options: S3PayloadsOptions): PayloadStore {
  checkOptions('s3Payloads', options, payloadRules)
  const { buckets, maximumBytes = maxClaimBytes, ...others } = options
  const { client = new S3Client({}) } = others
  const stores = new Map(
    buckets.map((bucket) => [String(bucket), s3ClaimStore({ ...others, client, bucket })] as const),
  )
  return {
    maximumBytes,
    has: (bucket) => stores.has(bucket),
    get: async (bucket, key, limit, bytes) => stores.get(bucket)?.get(key, limit, bytes),
  }
}
