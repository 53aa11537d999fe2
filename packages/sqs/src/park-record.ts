import { type MessageAttributeValue, SendMessageCommand } from '@aws-sdk/client-sqs'
import {
  type Issue,
  type ParkReason,
  type SourceRecord,
  SpillwayError,
  type TimeLimit,
  toError,
} from '@spillway/message'
import { isFifo, type SqsClient } from './client.ts'
import { toFifoId } from './entry.ts'
import { attributeBytes, toMessageAttributes } from './message-attributes.ts'
import { maxBytes } from './pack.ts'
import { toSendable } from './text.ts'
import { abortWithin } from './time.ts'

/** The message attributes of a parked copy. The body is that of the original, byte for byte. */
export const parkedAttributes = {
  code: 'spillway.code',
  reason: 'spillway.reason',
  issues: 'spillway.issues',
  messageId: 'spillway.messageId',
  receiveCount: 'spillway.receiveCount',
} as const

/**
 * Sends a copy of a record to the dead-letter queue, with the reason in its message attributes.
 *
 * @throws SpillwayError `SPILLWAY_PARK_FAILED` when the dead-letter queue does not confirm it.
 */
export async function parkRecord(
  client: SqsClient,
  queueUrl: string,
  record: SourceRecord,
  reason: ParkReason,
  limit: TimeLimit,
): Promise<void> {
  try {
    const answer = await client.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: record.body,
        MessageAttributes: fitting(toAttributes(record, reason), maxBytes - Buffer.byteLength(record.body)),
        ...(isFifo(queueUrl) && {
          MessageGroupId: toFifoId(record.lane),
          MessageDeduplicationId: toFifoId(record.id),
        }),
      }),
      { abortSignal: abortWithin(limit, 5000) },
    )
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

/** The attributes, most important first, that still fit beside a body near the limit. */
function fitting(
  pairs: readonly (readonly [string, string])[],
  bytes: number,
): Record<string, MessageAttributeValue> {
  let count = pairs.length
  while (attributeBytes(pairs.slice(0, count)) > bytes) count--
  return toMessageAttributes(pairs.slice(0, count))
}

function toAttributeText(text: string): string {
  return toSendable(text.slice(0, longestValue))
}
