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
  noteSource,
  type OptionRules,
  objectWith,
  putParkedEntry,
  quietLogger,
  readClaim,
  systemClock,
} from '@spillway/message/internal'
import type { SQSEvent, SQSRecord } from 'aws-lambda'
import { isClient, isFifo, isQueueUrl, type SqsClient, sourceClient } from './client.ts'
import { delayRecords } from './delay-records.ts'
import { ownQueue } from './own-queue.ts'
import { parkRecord } from './park-record.ts'
import { queueRecords } from './queue-records.ts'

/** What {@link sqsSource} takes. */
export interface SqsSourceOptions {
  /**
   * The queue that the function reads. Needs `sqs:ChangeMessageVisibility`. Records of another queue throw; a URL that
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
   * Gets an entry for each parked record, after the dead-letter queue confirmed the copy. A record whose entry is not
   * confirmed is delivered again and parked again. Default: no entries.
   */
  readonly parked?: ParkedStore
  /** Gets a warning when a visibility cannot be changed. Default: lines of JSON on the console. */
  readonly logger?: Logger
  /** Says when a record was parked, and how old a receive is. Default: the clock of the machine. */
  readonly clock?: Clock
}

const rules: OptionRules<SqsSourceOptions> = {
  queueUrl: isQueueUrl,
  deadLetterQueueUrl: isQueueUrl,
  client: isClient,
  claimCheck: objectWith(),
  parked: objectWith('put'),
  logger: objectWith('info', 'warn', 'error'),
  clock: objectWith('now'),
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

  function toSource(event: SQSEvent): RecordSource {
    const cameAt = clock.now()
    const delivered = queueRecords(event, checkQueue)
    const records = delivered.map((record) => toSourceRecord(record, loader))
    const rawOf = deliveries(records, delivered)
    return {
      records,
      maximumLoadBytes: loader.maximumBytes,
      async park(record, reason, limit) {
        await parkRecord(client, deadLetterQueueUrl, { record, raw: rawOf(record) }, reason, limit)
        if (parked !== undefined) await putParkedEntry(parked, record, reason, new Date(clock.now()), limit)
      },
      delay: (delays, limit) =>
        delayRecords(
          client,
          queueUrl,
          delays.flatMap(({ record, seconds }) => {
            const receiptHandle = rawOf(record)?.receiptHandle
            return receiptHandle === undefined ? [] : [{ receiptHandle, seconds }]
          }),
          (clock.now() - cameAt) / 1000,
          limit,
          logger,
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
  const { messageId, body, attributes, eventSourceARN } = record
  const lane = isFifo(eventSourceARN) ? (attributes.MessageGroupId ?? messageId) : messageId
  const count = Number(attributes.ApproximateReceiveCount)
  const receiveCount = Number.isInteger(count) && count > 0 ? count : 1
  const claim = readClaim(body)
  if (claim === undefined) return { id: messageId, body, lane, receiveCount }
  const load = (limit: TimeLimit) => loader.load(claim, limit)
  return { id: messageId, body, lane, receiveCount, load, loadBytes: claim.bytes }
}
