import type { MiddlewareObj } from '@middy/core'
import { type RecordSource, type SourceRecord, SpillwayError } from '@spillway/message'
import { checkOptions, type OptionRules } from '@spillway/message/internal'
import type { SQSEvent, SQSRecord } from 'aws-lambda'
import { isClient, isFifo, isQueueUrl, type SqsClient, sourceClient } from './client.ts'
import { delayRecords } from './delay-records.ts'
import { parkRecord } from './park-record.ts'

/** What {@link sqsSource} takes. */
export interface SqsSourceOptions {
  /** The queue that the function reads. Needs `sqs:ChangeMessageVisibility`. */
  readonly queueUrl: string | undefined
  /** Where records that can never succeed go, with the reason. Needs `sqs:SendMessage`. */
  readonly deadLetterQueueUrl: string | undefined
  /** Default: a client with the SDK's own configuration. */
  readonly client?: SqsClient
}

const rules: OptionRules<SqsSourceOptions> = {
  queueUrl: isQueueUrl,
  deadLetterQueueUrl: isQueueUrl,
  client: isClient,
}

/**
 * Puts the records of an SQS event under `event.source`, for the batch handler behind it.
 *
 * Use it with `@middy/sqs-partial-batch-failure` and with `ReportBatchItemFailures` on the event source mapping:
 * without that flag Lambda deletes the failed messages.
 *
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or out of range.
 */
export function sqsSource(options: SqsSourceOptions): MiddlewareObj<SQSEvent & { source: RecordSource }> {
  checkOptions('sqsSource', options, rules)
  const queueUrl = String(options.queueUrl)
  const deadLetterQueueUrl = String(options.deadLetterQueueUrl)
  if (queueUrl === deadLetterQueueUrl) {
    throw new SpillwayError(
      'SPILLWAY_OPTION_INVALID',
      'sqsSource: the option `deadLetterQueueUrl` must be another queue than `queueUrl`: what is parked would come back.',
    )
  }
  const client = options.client ?? sourceClient()

  function toSource(event: SQSEvent): RecordSource {
    const raw = new Map<SourceRecord, SQSRecord>()
    for (const record of event.Records) raw.set(toSourceRecord(record), record)
    return {
      records: [...raw.keys()],
      park: (record, reason, limit) => parkRecord(client, deadLetterQueueUrl, record, reason, limit),
      delay: (delays, limit) =>
        delayRecords(
          client,
          queueUrl,
          delays.flatMap(({ record, seconds }) => {
            const receiptHandle = raw.get(record)?.receiptHandle
            return receiptHandle === undefined ? [] : [{ receiptHandle, seconds }]
          }),
          limit,
        ),
    }
  }

  return {
    before: function sqsSourceBefore(request) {
      request.event.source = toSource(request.event)
    },
  }
}

function toSourceRecord(record: SQSRecord): SourceRecord {
  const { messageId, body, attributes, eventSourceARN } = record
  const lane = isFifo(eventSourceARN) ? (attributes.MessageGroupId ?? messageId) : messageId
  const count = Number(attributes.ApproximateReceiveCount)
  return { id: messageId, body, lane, receiveCount: Number.isInteger(count) && count > 0 ? count : 1 }
}
