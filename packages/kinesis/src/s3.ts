/**
 * Parks records of a stream in Amazon S3, and provides a claim store. Needs the peer `@aws-sdk/client-s3`.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { checkOptions, nonEmptyString, type OptionRules } from '@spillway/message/internal'
import { type S3ClaimStoreOptions, s3Rules } from '@spillway/transport/s3'
import type { DeadLetter, ParkedCopy } from './dead-letter.ts'

export { type S3ClaimStoreOptions, s3ClaimStore } from '@spillway/transport/s3'

/** Options of {@link s3DeadLetter}. */
export interface S3DeadLetterOptions extends Omit<S3ClaimStoreOptions, 'bucket'> {
  /** The bucket. Needs `s3:PutObject` under the prefix. */
  readonly bucket: string | undefined
  /** The prefix of the keys, 1 to 512 characters. Default `spillway/parked/`. */
  readonly prefix?: string
}

const rules: OptionRules<S3DeadLetterOptions> = {
  ...s3Rules,
  prefix: { ...nonEmptyString(512), required: false },
}

/**
 * Creates a dead-letter store in a bucket. Each record is a JSON document: `code`, `detail`, `issues`, `stream`, `shardId`,
 * `sequenceNumber`, `recordId` (for `redriveData`, if it differs from the sequence number), `partitionKey`, `arrivedAt`,
 * `parkedAt`, and the data of the record as `text`, or as `base64` if it is not text.
 *
 * The key is the prefix, the stream, the shard and the sequence number: a record that is parked again replaces its copy.
 *
 * Source: Amazon S3 API Reference, PutObject.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function s3DeadLetter(options: S3DeadLetterOptions): DeadLetter {
  checkOptions('s3DeadLetter', options, rules)
  const { bucket, prefix = 'spillway/parked/', client = new S3Client({}), expectedBucketOwner } = options
  const place = {
    Bucket: String(bucket),
    ...(expectedBucketOwner !== undefined && { ExpectedBucketOwner: expectedBucketOwner }),
  }

  return {
    async put(copy, limit) {
      const command = new PutObjectCommand({
        ...place,
        Key: `${prefix}${keyOf(copy)}.json`,
        Body: toDocument(copy),
        ContentType: 'application/json',
      })
      const answer = await client.send(command, { abortSignal: limit.signal })
      if (answer.ETag === undefined) throw new Error('the answer has no ETag')
    },
  }
}

/** The key of a record. Its parts are checked, because an event may have anything. */
function keyOf({ stream, shardId, sequenceNumber, base64 }: ParkedCopy): string {
  // arn:aws:kinesis:REGION:ACCOUNT:stream/NAME
  const [, , , region = '', account = '', name = ''] = stream.split(':')
  const number = sequenceNumber ?? createHash('sha256').update(base64).digest('hex')
  return [account, region, name.replace(/^stream\//, ''), shardId, number].map(toSegment).join('/')
}

/** A safe part of a key: no slash, and not `.` or `..`. */
function toSegment(text: string): string {
  return text
    .slice(0, 256)
    .replace(/[^\w.-]/g, '_')
    .replace(/^\.*$/, '_')
}

function toDocument(copy: ParkedCopy): string {
  const {
    reason,
    parkedAt,
    text,
    base64,
    stream,
    shardId,
    sequenceNumber,
    recordId,
    partitionKey,
    arrivedAt,
  } = copy
  const { code, detail, issues } = reason
  const data = text === undefined ? { base64 } : { text }
  return JSON.stringify({
    code,
    detail,
    issues,
    stream,
    shardId,
    sequenceNumber,
    ...(recordId !== sequenceNumber && { recordId }),
    partitionKey,
    arrivedAt,
    parkedAt,
    ...data,
  })
}
