import { SendMessageCommand } from '@aws-sdk/client-sqs'
import type { ParkReason, SourceRecord, TimeLimit } from '@spillway/message'
import type { Clock } from '@spillway/message/internal'
import { putCopy, requireMessageId } from '@spillway/transport'
import type { SQSRecord } from 'aws-lambda'
import { isFifo, type SqsClient } from './client.ts'
import { copyFacts } from './copy-facts.ts'
import { copyOf } from './copy-of.ts'
import { toFifoId } from './entry.ts'

/** A record, and its form as Lambda delivered it. */
export interface Delivered {
  readonly record: SourceRecord
  readonly raw: SQSRecord | undefined
  /** The id of the record for which the parking was decided: this one, or an earlier one of the same message. */
  readonly recordId: string
}

/**
 * Sends a copy of a record to the dead-letter queue, with the reason in its message attributes. The message can be restored
 * from it exactly: body, attributes, group and trace header.
 *
 * @throws SpillwayError `SPILLWAY_PARK_FAILED` when the dead-letter queue does not confirm the copy.
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
  await putCopy(
    async ({ signal }) => requireMessageId(await client.send(command, { abortSignal: signal })),
    failure,
    limit,
    clock,
  )
}

const failure = {
  store: 'dead-letter queue',
  advice: 'It is delivered again. Does the function have the permission sqs:SendMessage on the queue?',
}

function systemFields(queueUrl: string, { record, raw, recordId }: Delivered) {
  const { MessageGroupId, AWSTraceHeader } = raw?.attributes ?? {}
  return {
    ...(isFifo(queueUrl)
      ? { MessageGroupId: toFifoId(record.lane), MessageDeduplicationId: toFifoId(recordId) }
      : // On a standard queue it is the tenant, which a redriven copy keeps.
        MessageGroupId !== undefined && { MessageGroupId }),
    ...(AWSTraceHeader !== undefined && {
      MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: AWSTraceHeader } },
    }),
  }
}
