import type { MiddlewareObj } from '@middy/core'
import {
  consoleLogger,
  type Logger,
  type ParkedStore,
  type RecordSource,
  type SourceRecord,
  SpillwayError,
  type TimeLimit,
} from '@spillway/message'
import {
  type ClaimLoader,
  type ClaimSourceOptions,
  type Clock,
  checkOptions,
  createClaimLoader,
  deliveries,
  findParked,
  isRecordId,
  noteSource,
  type OptionRules,
  objectWith,
  parkOnce,
  quietLogger,
  readClaim,
  systemClock,
} from '@spillway/message/internal'
import type { SQSEvent, SQSMessageAttribute, SQSRecord } from 'aws-lambda'
import { isClient, isFifo, isQueueUrl, type SqsClient, sourceClient } from './client.ts'
import { parkedAttributes } from './copy-facts.ts'
import { createDelays } from './delay-records.ts'
import { ownQueue } from './own-queue.ts'
import { packedIn, packedTypes, unpackedBytes, unpackMessage } from './packed-message.ts'
import { parkRecord } from './park-record.ts'
import { queueRecords } from './queue-records.ts'

/** What {@link sqsSource} takes. */
export interface SqsSourceOptions {
  /**
   * The queue that the function reads. Needs `sqs:ChangeMessageVisibility`: without it an outage sends healthy messages to
   * the dead-letter queue sooner. Records of another queue throw; a URL that
   * does not end in account and name of the queue is not compared with where they are from.
   */
  readonly queueUrl: string | undefined
  /** Where records that can never succeed go, with the reason. Needs `sqs:SendMessage`. */
  readonly deadLetterQueueUrl: string | undefined
  /** Default: a client with the SDK's own configuration. */
  readonly client?: SqsClient
  /**
   * Where the bodies of messages are that were too large for the queue: what `claimCheck` of the target says. Without
   * it such messages are delivered again and again, and reach the dead-letter queue as they are.
   */
  readonly claimCheck?: ClaimSourceOptions
  /**
   * Keeps the decision to park a record, committed before its copy is sent: a record that is delivered again is not
   * written after all, and its copy is sent once. Asked only for records that were delivered before. Default: none. Then
   * a record whose delete failed may be parked twice, or be written although its copy is in the dead-letter queue.
   */
  readonly parked?: ParkedStore
  /**
   * Gets a warning when a visibility could not be changed, and an error when the function cannot change any. Default:
   * lines of JSON on the console.
   */
  readonly logger?: Logger
  /** Says when a record was parked and how old a receive is, and ends requests. Default: the clock of the machine. */
  readonly clock?: Clock
}

const rules: OptionRules<SqsSourceOptions> = {
  queueUrl: isQueueUrl,
  deadLetterQueueUrl: isQueueUrl,
  client: isClient,
  claimCheck: objectWith(),
  parked: objectWith('put', 'confirm', 'findAll'),
  logger: objectWith('info', 'warn', 'error'),
  clock: objectWith('now', 'sleep'),
}

/**
 * Puts the records of an SQS event under `event.source`, for the batch handler behind it.
 *
 * Use it behind {@link sqsPartialBatchFailure} and with `ReportBatchItemFailures` on the event source mapping: without
 * that flag Lambda deletes the failed messages.
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
      'sqsSource: the option `deadLetterQueueUrl` must be another queue than `queueUrl`: what is parked would come back.',
    )
  }
  const { client = sourceClient(), parked, clock = systemClock } = options
  const logger = quietLogger(options.logger ?? consoleLogger)
  const loader = createClaimLoader('sqsSource', options.claimCheck)
  const checkQueue = ownQueue(queueUrl)
  const delayRecords = createDelays({ client, queueUrl, logger, clock })

  function toSource(event: SQSEvent): RecordSource {
    const cameAt = clock.now()
    const delivered = queueRecords(event, checkQueue)
    const records = delivered.map((record) => toSourceRecord(record, loader))
    const rawOf = deliveries(records, delivered)
    return {
      records,
      maximumLoadBytes: loader.maximumBytes,
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

function toSourceRecord(record: SQSRecord, loader: ClaimLoader): SourceRecord {
  const { messageId, body, attributes, messageAttributes, eventSourceARN } = record
  const lane = isFifo(eventSourceARN) ? (attributes.MessageGroupId ?? messageId) : messageId
  const count = Number(attributes.ApproximateReceiveCount)
  const receiveCount = Number.isInteger(count) && count > 0 ? count : 1
  const redriveOf = messageAttributes?.[parkedAttributes.messageId]?.stringValue
  const own = { id: messageId, body, lane, receiveCount }
  // Nearly no record came back: to spread a condition for each would cost more than the rest of this.
  const plain = isRecordId(redriveOf) ? { ...own, redriveOf } : own
  const packed = packedIn(messageAttributes)
  if (packed?.dataType === packedTypes.message) {
    return { ...plain, load: (limit) => loadPacked(packed, loader, limit), loadBytes: unpackedBytes(packed) }
  }
  const claim = readClaim(body)
  if (claim === undefined) return plain
  return { ...plain, load: (limit) => loader.load(claim, limit), loadBytes: claim.bytes }
}

/** The text of a message whose copy was packed and came back from the dead-letter queue. */
async function loadPacked(
  packed: SQSMessageAttribute,
  loader: ClaimLoader,
  limit: TimeLimit,
): Promise<string> {
  const { body = '' } = await unpackMessage(packed)
  const claim = readClaim(body)
  return claim === undefined ? body : loader.load(claim, limit)
}
