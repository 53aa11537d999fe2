import { type MessageAttributeValue, SendMessageCommand } from '@aws-sdk/client-sqs'
import {
  type Issue,
  type ParkReason,
  type SourceRecord,
  SpillwayError,
  type TimeLimit,
  toError,
} from '@spillway/message'
import type { SQSRecord } from 'aws-lambda'
import { isFifo, type SqsClient } from './client.ts'
import { toFifoId } from './entry.ts'
import { attributeBytes, attributeFault, maxAttributes, toMessageAttributes } from './message-attributes.ts'
import { maxBytes } from './pack.ts'
import { toSendable } from './text.ts'
import { within } from './time.ts'

/** The message attributes of a parked copy, beside those of the original. Its body is the original's, byte for byte. */
export const parkedAttributes = {
  code: 'spillway.code',
  reason: 'spillway.reason',
  issues: 'spillway.issues',
  messageId: 'spillway.messageId',
  receiveCount: 'spillway.receiveCount',
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
  const attributes = fitting(
    [...toAttributes(record, reason), ...ownAttributes(raw)],
    maxBytes - Buffer.byteLength(record.body),
  )
  const command = new SendMessageCommand({
    QueueUrl: queueUrl,
    MessageBody: record.body,
    MessageAttributes: attributes,
    ...(isFifo(queueUrl)
      ? { MessageGroupId: toFifoId(record.lane), MessageDeduplicationId: toFifoId(record.id) }
      : // On a standard queue it is the tenant, for when the copy is redriven.
        raw?.attributes.MessageGroupId !== undefined && { MessageGroupId: raw.attributes.MessageGroupId }),
  })
  try {
    const answer = await within(limit, 5000, ({ signal }) => client.send(command, { abortSignal: signal }))
    if (answer.MessageId === undefined) throw new Error('the answer has no MessageId')
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
  if (reason.issues !== undefined && reason.issues.length > 0) {
    pairs.push([parkedAttributes.issues, toJson(reason.issues)])
  }
  return pairs.map(([name, value]) => [name, toAttributeText(value)])
}

/** The longest value of an attribute, in characters: enough for a reason, little beside a message of 1 MiB. */
const longestValue = 4096

/** As many issues, from the first on, as make valid JSON within the longest value. */
function toJson(issues: readonly Issue[]): string {
  let count = Math.min(issues.length, 20)
  let json = JSON.stringify(issues.slice(0, count))
  while (json.length > longestValue) json = JSON.stringify(issues.slice(0, --count))
  return json
}

/** The attributes of the original that are text, without those of an earlier parking. */
function ownAttributes(raw: SQSRecord | undefined): readonly (readonly [string, string])[] {
  const ours: readonly string[] = Object.values(parkedAttributes)
  return Object.entries(raw?.messageAttributes ?? {}).flatMap(([name, { dataType, stringValue }]) => {
    if (dataType !== 'String' || stringValue === undefined || ours.includes(name)) return []
    return attributeFault([[name, stringValue]]) === undefined ? [[name, stringValue] as const] : []
  })
}

/** The attributes, most important first, that a queue takes beside a body near the limit. */
function fitting(
  pairs: readonly (readonly [string, string])[],
  bytes: number,
): Record<string, MessageAttributeValue> {
  const kept: (readonly [string, string])[] = []
  for (const pair of pairs) {
    if (kept.length < maxAttributes && attributeBytes([...kept, pair]) <= bytes) kept.push(pair)
  }
  return toMessageAttributes(kept)
}

function toAttributeText(text: string): string {
  return toSendable(text.slice(0, longestValue))
}
