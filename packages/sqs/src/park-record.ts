import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { type ParkReason, type SourceRecord, SpillwayError, type TimeLimit, toError } from '@spillway/message'
import {
  fittingAttributes,
  isMessageId,
  issuesText,
  reasonAttributes,
  toAttributeText,
  toStringAttributes,
  within,
} from '@spillway/message/internal'
import type { SQSRecord } from 'aws-lambda'
import { isFifo, type SqsClient } from './client.ts'
import { toFifoId } from './entry.ts'
import { attributeFault } from './message-attributes.ts'
import { maxBytes } from './pack.ts'

/** The message attributes of a parked copy, beside those of the original. Its body is the original's, byte for byte. */
export const parkedAttributes = {
  ...reasonAttributes,
  messageId: 'spillway.messageId',
  receiveCount: 'spillway.receiveCount',
  sentAt: 'spillway.sentAt',
  firstReceivedAt: 'spillway.firstReceivedAt',
} as const

/** A record, and what Lambda delivered. */
export interface Delivered {
  readonly record: SourceRecord
  readonly raw: SQSRecord | undefined
}

/**
 * Sends a copy of a record to the dead-letter queue, with the reason in its message attributes. It keeps its group, and
 * as many of its own text attributes as there is room for.
 *
 * @throws SpillwayError `SPILLWAY_PARK_FAILED` when the dead-letter queue does not confirm it.
 */
export async function parkRecord(
  client: SqsClient,
  queueUrl: string,
  { record, raw }: Delivered,
  reason: ParkReason,
  limit: TimeLimit,
): Promise<void> {
  const attributes = fittingAttributes(
    [...toAttributes(record, reason), ...toTimes(raw), ...ownAttributes(raw)],
    maxBytes - Buffer.byteLength(record.body),
  )
  const command = new SendMessageCommand({
    QueueUrl: queueUrl,
    MessageBody: record.body,
    MessageAttributes: toStringAttributes(attributes),
    ...(isFifo(queueUrl)
      ? { MessageGroupId: toFifoId(record.lane), MessageDeduplicationId: toFifoId(record.id) }
      : // On a standard queue it is the tenant, for when the copy is redriven.
        raw?.attributes.MessageGroupId !== undefined && { MessageGroupId: raw.attributes.MessageGroupId }),
  })
  try {
    const answer = await within(limit, 5000, ({ signal }) => client.send(command, { abortSignal: signal }))
    if (!isMessageId(answer.MessageId)) throw new Error('the answer has no MessageId')
  } catch (thrown) {
    const cause = toError(thrown)
    throw new SpillwayError(
      'SPILLWAY_PARK_FAILED',
      `The dead-letter queue did not take a record (${cause.name}). It is delivered again. May the function call sqs:SendMessage on the queue?`,
      { cause },
    )
  }
}

function toAttributes(record: SourceRecord, reason: ParkReason): readonly (readonly [string, string])[] {
  const pairs: [string, string][] = [
    [parkedAttributes.code, reason.code],
    [parkedAttributes.messageId, record.id],
    [parkedAttributes.receiveCount, String(record.receiveCount)],
    [parkedAttributes.reason, reason.detail],
  ]
  const issues = issuesText(reason)
  if (issues !== undefined) pairs.push([parkedAttributes.issues, issues])
  return pairs.map(([name, value]) => [name, toAttributeText(value)])
}

/**
 * When the message was sent, and when it was received first. A message that was parked before and redriven is a new one
 * for SQS: its copy keeps the times of the first.
 */
function toTimes(raw: SQSRecord | undefined): readonly (readonly [string, string])[] {
  const { SentTimestamp, ApproximateFirstReceiveTimestamp } = raw?.attributes ?? {}
  const times = [
    [parkedAttributes.sentAt, SentTimestamp],
    [parkedAttributes.firstReceivedAt, ApproximateFirstReceiveTimestamp],
  ] as const
  return times.flatMap(([name, milliseconds]) => {
    const earlier = raw?.messageAttributes?.[name]?.stringValue ?? ''
    const date = new Date(isTime.test(earlier) ? earlier : Number(milliseconds ?? Number.NaN))
    return Number.isNaN(date.getTime()) ? [] : [[name, date.toISOString()] as const]
  })
}

/** A time as the attributes of a copy have it: RFC 3339, UTC. */
const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** The attributes of the original that are text, without those of an earlier parking. */
function ownAttributes(raw: SQSRecord | undefined): readonly (readonly [string, string])[] {
  const ours: readonly string[] = Object.values(parkedAttributes)
  return Object.entries(raw?.messageAttributes ?? {}).flatMap(([name, { dataType, stringValue }]) => {
    if (dataType !== 'String' || stringValue === undefined || ours.includes(name)) return []
    return attributeFault([[name, stringValue]]) === undefined ? [[name, stringValue] as const] : []
  })
}
