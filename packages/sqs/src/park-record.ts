import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { type ParkReason, type SourceRecord, SpillwayError, type TimeLimit, toError } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { isMessageId, within } from '@spillway/transport'
import type { SQSRecord } from 'aws-lambda'
import { isFifo, type SqsClient } from './client.ts'
import { copyFacts } from './copy-facts.ts'
import { copyOf } from './copy-of.ts'
import { toFifoId } from './entry.ts'

/** A record, and what Lambda delivered. */
export interface Delivered {
  readonly record: SourceRecord
  readonly raw: SQSRecord | undefined
  /** The id of the record for which the parking was decided: mostly its own. */
  readonly recordId: string
}

/**
 * Sends a copy of a record to the dead-letter queue, with the reason in its message attributes. The message can be made
 * again from it exactly as it was: body, attributes, group and trace header.
 *
 * @throws SpillwayError `SPILLWAY_PARK_FAILED` when the dead-letter queue does not confirm it.
 */
export async function parkRecord(
  client: SqsClient,
  queueUrl: string,
  delivered: Delivered,
  reason: ParkReason,
  limit: TimeLimit,
  clock: Clock,
): Promise<void> {
  const { record, raw } = delivered
  const copy = await copyOf(record.body, raw?.messageAttributes ?? {}, copyFacts(delivered, reason))
  const command = new SendMessageCommand({
    QueueUrl: queueUrl,
    ...copy,
    ...systemFields(queueUrl, delivered),
  })
  try {
    const send = ({ signal }: TimeLimit) => client.send(command, { abortSignal: signal })
    const answer = await within(limit, 5000, send, clock)
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

function systemFields(queueUrl: string, { record, raw, recordId }: Delivered) {
  const { MessageGroupId, AWSTraceHeader } = raw?.attributes ?? {}
  return {
    ...(isFifo(queueUrl)
      ? { MessageGroupId: toFifoId(record.lane), MessageDeduplicationId: toFifoId(recordId) }
      : // On a standard queue it is the tenant, for when the copy is redriven.
        MessageGroupId !== undefined && { MessageGroupId }),
    ...(AWSTraceHeader !== undefined && {
      MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: AWSTraceHeader } },
    }),
  }
}
