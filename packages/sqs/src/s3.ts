/**
 * A claim store, and the payloads of the SQS Extended Client, in Amazon S3. Needs the peer `@aws-sdk/client-s3`.
 *
 * @module
 */
import { S3Client } from '@aws-sdk/client-s3'
import { checkOptions, integer, type OptionRules } from '@spillway/message/internal'
import { maxClaimBytes } from '@spillway/transport'
import { type S3ClaimStoreOptions, s3ClaimStore, s3Rules } from '@spillway/transport/s3'
import type { PayloadStore } from './extended-client.ts'

export { type S3ClaimStoreOptions, s3ClaimStore } from '@spillway/transport/s3'

/** What {@link s3Payloads} takes. */
export interface S3PayloadsOptions extends Omit<S3ClaimStoreOptions, 'bucket'> {
  /** The buckets that the function may read. A pointer says which one it means, and may be anybody's. At least one. */
  readonly buckets: readonly (string | undefined)[]
  /** The most bytes of a payload that are read, 1 to 16,777,216. What is larger is parked. Default 16,777,216 (16 MiB). */
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
 * Reads payloads that the SQS Extended Client put into Amazon S3, for `payloads` of `sqsSource`. Nothing deletes them: give
 * their bucket a lifecycle rule.
 *
 * Needs `s3:GetObject`, and `s3:ListBucket`, without which S3 answers 403 rather than 404 for an object that is gone.
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
