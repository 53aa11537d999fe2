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

/** What {@link kinesisSource} takes. */
export interface KinesisSourceOptions {
  /**
   * Where records that can never succeed go, with the reason: `sqsDeadLetter` of `@spillway/kinesis/sqs`, `s3DeadLetter`
   * of `@spillway/kinesis/s3`, or one of your own. Without it one bad record would hold up its shard.
   */
  readonly deadLetter: DeadLetter
  /**
   * How a text becomes a message: `plainJson()`, `gzipped(plainJson())`, a function of your own. Of data that is not UTF-8
   * it gets the base64. What it does not read is parked with a reason, as it came. Default: `envelope()`, what the targets
   * of Spillway send.
   */
  readonly decode?: Decoding<KinesisStreamRecord>
  /**
   * Where the bodies of messages are that were too large for the stream: what `claimCheck` of the target says. Without
   * it such messages are delivered again and again.
   */
  readonly claimCheck?: ClaimSourceOptions
  /**
   * Keeps the decision to park a record, committed before its copy is sent: a record that is delivered again is not
   * written after all, and its copy is sent once. A stream counts no deliveries, so it is asked for each batch. Default:
   * none. Then a record that comes again may be parked twice, or be written although its copy was sent.
   */
  readonly parked?: ParkedStore
  /**
   * Seconds after its arrival from which a record that fails for a fault of its own is parked rather than retried: its
   * handler throws, its message is of a later version, or its large body cannot be fetched. It would hold up its shard.
   * An outage parks nothing, however long: what is unavailable, a deadline, and what the database refuses for any record. 60 to
   * 31,536,000, or `false` for never. Default 3,600.
   */
  readonly parkAfter?: number | false
  /** Gets a warning when the parked store did not note a copy. Default: lines of JSON on the console. */
  readonly logger?: Logger
  /** Says when a record was parked and how old it is, and ends requests. Default: the clock of the machine. */
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
  clock: objectWith('now', 'sleep'),
}

/**
 * Puts the records of a Kinesis event under `event.source`, for the batch handler behind it.
 *
 * Its lanes are the partition keys. It is a source with a checkpoint: what is not done brings back all that comes after
 * it in its shard, whatever became of that, so effects have to keep to the keys of their messages.
 *
 * A record that holds no text (no data, no base64, no UTF-8, or aggregated by the Kinesis Producer Library) is
 * parked and costs only itself.
 *
 * Two facts of a queue are missing in a stream. Nobody counts deliveries, so `receiveCount` is 1 each time. And nothing
 * can be delivered later, so the `after` of a retry has no effect: Lambda delivers the records again as soon as it likes,
 * until `MaximumRetryAttempts` or `MaximumRecordAgeInSeconds` of the event source mapping are used up. A record that fails
 * for a fault of its own is parked once it is older than `parkAfter`, so that its shard goes on.
 *
 * Use it behind {@link kinesisPartialBatchFailure} and with `ReportBatchItemFailures` on the event source mapping: without
 * that flag what failed is passed over and lost.
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
          // The core knows no more than that there is no envelope in it.
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

/** How the records of a source are read. */
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
  // What holds no text holds no envelope either: empty text has it parked.
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
    'kinesisSource was to park a record that is none of its own, and is delivered again: leave the `id` of records as it is.',
  )
}
