import { PutRecordCommand } from '@aws-sdk/client-kinesis'
import type { SendResult, TimeLimit } from '@spillway/message'
import { noTimeLeft, notConfirmed, sendPack } from '@spillway/transport'
import { readAnswer } from './answer.ts'
import type { OutgoingRecord } from './precheck.ts'
import { type SendContext, toSender } from './put-records.ts'
import { isSequenceNumber } from './sequence-number.ts'

/**
 * Sends the records of one partition key in order. Each is sent after the one before was confirmed, with its sequence
 * number. Stops at the first that was not confirmed. Resolves to one result for each record, in order. Never rejects.
 *
 * PutRecords does not keep the order, and without `SequenceNumberForOrdering` PutRecord only does approximately.
 *
 * Source: Amazon Kinesis Data Streams API Reference, PutRecord and PutRecords.
 */
export async function putInOrder(
  records: readonly OutgoingRecord[],
  context: SendContext,
  limit: TimeLimit,
): Promise<readonly SendResult[]> {
  const results: SendResult[] = []
  let before: string | undefined
  for (const record of records) {
    if (results.length > 0 && results.at(-1)?.status !== 'accepted') {
      results.push(behindAnother)
    } else if (record.refused !== undefined) {
      results.push(record.refused)
    } else {
      const sent = await putRecord(record, before, context, limit)
      results.push(sent.result)
      before = sent.sequenceNumber
    }
  }
  return results
}

async function putRecord(
  { message, partitionKey }: OutgoingRecord,
  before: string | undefined,
  context: SendContext,
  limit: TimeLimit,
): Promise<{ readonly result: SendResult; readonly sequenceNumber: string | undefined }> {
  const { client, stream } = context
  const command = new PutRecordCommand({
    ...stream,
    Data: Buffer.from(message.body),
    PartitionKey: partitionKey,
    ...(before !== undefined && { SequenceNumberForOrdering: before }),
  })
  let sequenceNumber: string | undefined
  const sender = toSender(context, async (part, signal) => {
    const answer = await client.send(command, { abortSignal: signal })
    if (isSequenceNumber(answer.SequenceNumber)) sequenceNumber = answer.SequenceNumber
    return readAnswer(part, { Records: [{ SequenceNumber: answer.SequenceNumber }] })
  })
  const [result = noTimeLeft] = await sendPack(1, sender, limit)
  return { result, sequenceNumber }
}

const behindAnother = notConfirmed(
  'an earlier message of its partition key was not confirmed, so it was not sent',
)
