import type { MiddlewareObj } from '@middy/core'
import {
  consoleLogger,
  type Decoding,
  type Logger,
  type ParkedStore,
  type RecordSource,
  type SourceRecord,
  SpillwayError,
  type TimeLimit,
} from '@spillway/message'
import {
  type Clock,
  checkOptions,
  integer,
  isClock,
  isFunction,
  type OptionRules,
  objectWith,
  quietLogger,
  required,
  systemClock,
} from '@spillway/message/internal'
import {
  type ClaimLoader,
  type ClaimSourceOptions,
  createClaimLoader,
  deliveries,
  findParked,
  noteSource,
  parkOnce,
  putCopy,
  readClaim,
  withFacts,
} from '@spillway/transport'
import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda'
import { copyFailure, type DeadLetter } from './dead-letter.ts'
import { type Delivered, readRecord } from './delivered.ts'
import type { DataText } from './read-data.ts'
import { streamRecords } from './stream-records.ts'

/** Options of {@link kinesisSource}. */
export interface KinesisSourceOptions {
  /**
   * The store for parked records and their reasons: `sqsDeadLetter` of `@spillway/kinesis/sqs`, `s3DeadLetter` of
   * `@spillway/kinesis/s3`, or your own. Without it a bad record would block its shard.
   */
  readonly deadLetter: DeadLetter
  /**
   * Decodes the text of a record: `plainJson()`, `gzipped(plainJson())`, or your own function. Data that is not UTF-8 is
   * passed as base64. A record that it refuses is parked unchanged with a reason. Default: `envelope()`, the format of
   * Spillway's targets.
   */
  readonly decode?: Decoding<KinesisStreamRecord>
  /**
   * The store of messages that were too large for the stream, the same as in `claimCheck` of the target. Without it such
   * messages are delivered again and again.
   */
  readonly claimCheck?: ClaimSourceOptions
  /**
   * Stores the decision to park a record before its copy is sent, so that a record that is delivered again is not written,
   * and its copy is sent once. Read for each batch, because a stream does not count deliveries. Default: none. Then a
   * record that is delivered again may be parked twice, or be written although its copy was sent.
   */
  readonly parked?: ParkedStore
  /**
   * Seconds from the arrival of a record after which it is parked instead of retried if it fails because of itself: its
   * handler throws, its message is of a later version, or its large body cannot be fetched. It would block its shard. An
   * outage never parks a record, nor does a deadline or a fault of the database. 60 to 31,536,000, or `false` for never.
   * Default 3,600.
   */
  readonly parkAfter?: number | false
  /** Gets a warning when the parked store could not note a copy. Default: lines of JSON on the console. */
  readonly logger?: Logger
  /**
   * Default: the clock of the machine.
   *
   * @internal
   */
  readonly clock?: Clock
}

const rules: OptionRules<KinesisSourceOptions> = {
  deadLetter: required({
    ...objectWith('put'),
    expected: 'a dead-letter store, for example sqsDeadLetter({ queueUrl })',
  }),
  decode: { ...isFunction, expected: 'a decoding, for example plainJson()' },
  claimCheck: objectWith(),
  parked: objectWith('put', 'confirm', 'findAll'),
  parkAfter: {
    expected: 'false, or an integer from 60 to 31536000',
    test: (value) => value === false || integer(60, 31_536_000).test(value),
  },
  logger: objectWith('info', 'warn', 'error'),
  clock: isClock,
}

/**
 * A middleware that puts the records of a Kinesis event under `event.source`, for the handler of `batch`.
 *
 * Its lanes are the partition keys. It is a source with a checkpoint: a failed record brings back all records after it in
 * its shard, done or not, so effects must be idempotent under the keys of their messages.
 *
 * A record without text (no data, not base64, not UTF-8, or aggregated by the Kinesis Producer Library) is parked; its
 * neighbours are not affected.
 *
 * A stream differs from a queue in two points. Deliveries are not counted, so `receiveCount` is always 1. And a delivery
 * cannot be delayed, so the `after` of a retry has no effect: Lambda delivers the records again until
 * `MaximumRetryAttempts` or `MaximumRecordAgeInSeconds` of the event source mapping are exceeded. A record that fails
 * because of itself is parked when it is older than `parkAfter`, so that its shard goes on.
 *
 * Use it after {@link kinesisPartialBatchFailure} and with `ReportBatchItemFailures` on the event source mapping: without
 * that flag Lambda skips failed records, and they are lost.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range; the handler rejects
 * with `SPILLWAY_SOURCE_MISSING` for an event of another service.
 */
export function kinesisSource(
  options: KinesisSourceOptions,
): MiddlewareObj<KinesisStreamEvent & { source?: RecordSource }> {
  checkOptions('kinesisSource', options, rules)
  const { deadLetter, parked, decode, parkAfter = 3600, clock = systemClock } = options
  const isRead = (data: DataText) => 'text' in data || (decode !== undefined && data.isBinary === true)
  const logger = quietLogger(options.logger ?? consoleLogger)
  const loader = createClaimLoader('kinesisSource', options.claimCheck)

  function toSource(event: KinesisStreamEvent): RecordSource {
    const delivered = streamRecords(event).map(readRecord)
    const overdueBefore = parkAfter === false ? Number.NEGATIVE_INFINITY : clock.now() - parkAfter * 1000
    const records = delivered.map((one, index) =>
      toSourceRecord(one, index, { loader, overdueBefore, isRead }),
    )
    const deliveredFor = deliveries(records, delivered)
    return {
      records,
      maximumLoadBytes: loader.maximumBytes,
      checkpoint: true,
      ...(decode !== undefined && {
        decode: (record, text) =>
          withFacts(decode(text, record.raw as KinesisStreamRecord), {
            time: deliveredFor(record)?.arrivedAt,
          }),
      }),
      async park(record, reason, limit, identity) {
        const one = deliveredFor(record)
        if (one === undefined) throw unknownRecord()
        const { data, raw: _raw, redriveOf: _redriveOf, ...rest } = one
        const parkedAt = new Date(clock.now())
        const copy = {
          ...rest,
          // The batch core has no text of such a record, and cannot give this reason.
          reason:
            'fault' in data && !isRead(data)
              ? { code: 'SPILLWAY_ENVELOPE_INVALID', detail: data.fault }
              : reason,
          parkedAt,
          text: 'text' in data ? data.text : undefined,
        }
        const parking = { record, reason, identity, at: parkedAt }
        await parkOnce({ store: parked, logger, clock }, parking, limit, (recordId) =>
          putCopy((own) => deadLetter.put({ ...copy, recordId }, own), copyFailure, limit, clock),
        )
      },
      ...(parked !== undefined && { findParked: (some, limit) => findParked(parked, some, limit, clock) }),
      delay: async () => undefined,
    }
  }

  return {
    before: function kinesisSourceBefore(request) {
      noteSource(request)
      request.event.source = toSource(request.event)
    },
  }
}

/** How a source reads its records. */
interface Reading {
  readonly loader: ClaimLoader
  readonly overdueBefore: number
  isRead(data: DataText): boolean
}

function toSourceRecord(
  { data, base64, sequenceNumber, partitionKey, arrivedAt, redriveOf, raw }: Delivered,
  index: number,
  { loader, overdueBefore, isRead }: Reading,
): SourceRecord {
  // Empty text has no envelope, so the record is parked.
  const body = 'text' in data ? data.text : isRead(data) ? base64 : ''
  const claim = readClaim(body)
  const overdue = arrivedAt !== undefined && arrivedAt.getTime() < overdueBefore
  const id = sequenceNumber ?? `record ${index}`
  const record = {
    id,
    body,
    lane: partitionKey,
    receiveCount: 1,
    raw,
    ...(overdue && { overdue }),
    ...(redriveOf !== undefined && { redriveOf }),
  }
  if (claim === undefined) return record
  return { ...record, load: (limit: TimeLimit) => loader.load(claim, limit), loadBytes: claim.bytes }
}

function unknownRecord(): SpillwayError {
  return new SpillwayError(
    'SPILLWAY_PARK_FAILED',
    'kinesisSource does not know the record to park, which is delivered again: do not change the `id` of records.',
  )
}
