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
  isClock,
  isFunction,
  isRecordId,
  type OptionRules,
  objectWith,
  quietLogger,
  systemClock,
  timeOf,
} from '@spillway/message/internal'
import {
  type ClaimLoader,
  type ClaimSourceOptions,
  createClaimLoader,
  deliveries,
  findParked,
  noteSource,
  parkOnce,
  readClaim,
  withFacts,
} from '@spillway/transport'
import type { SQSEvent, SQSMessageAttribute, SQSRecord } from 'aws-lambda'
import { isClient, isFifo, isQueueUrl, type SqsClient, sourceClient } from './client.ts'
import { parkedAttributes } from './copy-facts.ts'
import { createDelays } from './delay-records.ts'
import { loadPayload, type PayloadStore, pointerBytes, readPointer } from './extended-client.ts'
import { ownQueue } from './own-queue.ts'
import { packedIn, packedTypes, unpackedBytes, unpackMessage } from './packed-message.ts'
import { parkRecord } from './park-record.ts'
import { queueRecords } from './queue-records.ts'

/** Options of {@link sqsSource}. */
export interface SqsSourceOptions {
  /**
   * The queue of the event source mapping. Needs `sqs:ChangeMessageVisibility`: without it an outage sends healthy messages
   * to the dead-letter queue sooner. Records of another queue throw. The URL is compared with the ARN of the records if it
   * ends in the account and the name of the queue.
   */
  readonly queueUrl: string | undefined
  /** The queue for parked records and their reasons. Needs `sqs:SendMessage`. */
  readonly deadLetterQueueUrl: string | undefined
  /** Default: a client with the configuration of the SDK. */
  readonly client?: SqsClient
  /**
   * Decodes the text of a record: `plainJson()`, `snsNotification()`, or your own function. A record that it refuses is
   * parked unchanged with a reason. Default: `envelope()`, the format of Spillway's targets.
   */
  readonly decode?: Decoding<SQSRecord>
  /**
   * The store of messages that were too large for the queue, the same as in `claimCheck` of the target. Without it such
   * messages are delivered again until they reach the dead-letter queue.
   */
  readonly claimCheck?: ClaimSourceOptions
  /**
   * The store of payloads of the SQS Extended Client: `s3Payloads({ buckets })` of `@spillway/sqs/s3`. They are fetched
   * before they are decoded. Default: a pointer is decoded like any other text.
   */
  readonly payloads?: PayloadStore
  /**
   * Stores the decision to park a record before its copy is sent, so that a record that is delivered again is not written,
   * and its copy is sent once. Read only for records that were delivered before. Default: none. Then a record whose delete
   * failed may be parked twice, or be written although its copy is in the dead-letter queue.
   */
  readonly parked?: ParkedStore
  /**
   * Gets a warning when the visibility of records could not be changed, and an error when the function cannot change any.
   * Default: lines of JSON on the console.
   */
  readonly logger?: Logger
  /**
   * Default: the clock of the machine.
   *
   * @internal
   */
  readonly clock?: Clock
}

const rules: OptionRules<SqsSourceOptions> = {
  queueUrl: isQueueUrl,
  deadLetterQueueUrl: isQueueUrl,
  client: isClient,
  decode: { ...isFunction, expected: 'a decoding, for example plainJson()' },
  claimCheck: objectWith(),
  payloads: { ...objectWith('get', 'has'), expected: 'a payload store, for example s3Payloads({ buckets })' },
  parked: objectWith('put', 'confirm', 'findAll'),
  logger: objectWith('info', 'warn', 'error'),
  clock: isClock,
}

/**
 * A middleware that puts the records of an SQS event under `event.source`, for the handler of `batch`.
 *
 * Use it after {@link sqsPartialBatchFailure} and with `ReportBatchItemFailures` on the event source mapping: without that
 * flag Lambda deletes the failed messages.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range; the handler rejects
 * with `SPILLWAY_SOURCE_MISSING` for an event of another service, and for records of another queue than `queueUrl`.
 */
export function sqsSource(options: SqsSourceOptions): MiddlewareObj<SQSEvent & { source?: RecordSource }> {
  checkOptions('sqsSource', options, rules)
  const queueUrl = String(options.queueUrl)
  const deadLetterQueueUrl = String(options.deadLetterQueueUrl)
  if (queueUrl === deadLetterQueueUrl) {
    throw new SpillwayError(
      'SPILLWAY_OPTION_INVALID',
      'sqsSource: the options `deadLetterQueueUrl` and `queueUrl` must be different queues: parked records would be read again.',
    )
  }
  const { client = sourceClient(), parked, decode, payloads, clock = systemClock } = options
  const logger = quietLogger(options.logger ?? consoleLogger)
  const loader = createClaimLoader('sqsSource', options.claimCheck)
  const checkQueue = ownQueue(queueUrl)
  const delayRecords = createDelays({ client, queueUrl, logger, clock })

  function toSource(event: SQSEvent): RecordSource {
    const cameAt = clock.now()
    const delivered = queueRecords(event, checkQueue)
    const records = delivered.map((record) => toSourceRecord(record, loader, payloads))
    const rawOf = deliveries(records, delivered)
    return {
      records,
      maximumLoadBytes: loader.maximumBytes,
      ...(decode !== undefined && { decode: (record, text) => decodeText(decode, record, text) }),
      park(record, reason, limit, identity) {
        const at = new Date(clock.now())
        const raw = rawOf(record)
        return parkOnce(
          { store: parked, logger, clock },
          { record, reason, identity, at },
          limit,
          (recordId) =>
            parkRecord(client, deadLetterQueueUrl, { record, raw, recordId }, reason, limit, clock),
        )
      },
      ...(parked !== undefined && { findParked: (some, limit) => findParked(parked, some, limit, clock) }),
      delay: (delays, limit) =>
        delayRecords(
          delays.flatMap(({ record, seconds }) => {
            const receiptHandle = rawOf(record)?.receiptHandle
            return receiptHandle === undefined ? [] : [{ receiptHandle, seconds }]
          }),
          (clock.now() - cameAt) / 1000,
          limit,
        ),
    }
  }

  return {
    before: function sqsSourceBefore(request) {
      noteSource(request)
      request.event.source = toSource(request.event)
    },
  }
}

/** Decodes a text, and adds facts of the record. */
function decodeText(decode: Decoding<SQSRecord>, { raw }: SourceRecord, text: string) {
  const record = raw as SQSRecord
  const { SentTimestamp, MessageGroupId } = record.attributes
  return withFacts(decode(text, record), { time: timeOf(Number(SentTimestamp)), group: MessageGroupId })
}

function toSourceRecord(record: SQSRecord, loader: ClaimLoader, payloads?: PayloadStore): SourceRecord {
  const { messageId, body, attributes, messageAttributes, eventSourceARN } = record
  const lane = isFifo(eventSourceARN) ? (attributes.MessageGroupId ?? messageId) : messageId
  const count = Number(attributes.ApproximateReceiveCount)
  const receiveCount = Number.isInteger(count) && count > 0 ? count : 1
  const redriveOf = messageAttributes?.[parkedAttributes.messageId]?.stringValue
  const own = { id: messageId, body, lane, receiveCount, raw: record }
  // Two literals instead of a conditional spread, which is slow, and runs for each record.
  const plain = isRecordId(redriveOf) ? { ...own, redriveOf } : own
  const packed = packedIn(messageAttributes)
  if (packed?.dataType === packedTypes.message) {
    return {
      ...plain,
      load: (limit) => loadPacked(packed, loader, payloads, limit),
      loadBytes: unpackedBytes(packed),
    }
  }
  if (payloads !== undefined) {
    const pointer = readPointer(body, messageAttributes)
    if (pointer !== undefined) {
      const loadBytes = pointerBytes(pointer, payloads)
      return { ...plain, load: (limit) => loadPayload(payloads, pointer, limit), loadBytes }
    }
  }
  const claim = readClaim(body)
  if (claim === undefined) return plain
  return { ...plain, load: (limit) => loader.load(claim, limit), loadBytes: claim.bytes }
}

/** The text of a packed copy that was redriven. */
async function loadPacked(
  packed: SQSMessageAttribute,
  loader: ClaimLoader,
  payloads: PayloadStore | undefined,
  limit: TimeLimit,
): Promise<string> {
  const { body = '', attributes } = await unpackMessage(packed)
  const pointer = payloads && readPointer(body, attributes)
  if (payloads !== undefined && pointer !== undefined) return loadPayload(payloads, pointer, limit)
  const claim = readClaim(body)
  return claim === undefined ? body : loader.load(claim, limit)
}
