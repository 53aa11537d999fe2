import type { Message } from '@aws-sdk/client-sqs'
import { parkedRecordOf, parkedAttributes as streamAttributes } from '@spillway/kinesis/sqs'
import { deliveredMessage, originalOf } from '@spillway/sqs'
import type { SQSMessageAttributes } from 'aws-lambda'

/** A message or record before it was parked. */
export interface Original {
  /** The body of a queue message, or the data of a stream record as text. */
  readonly text: string
  /** The message attributes of a queue message. */
  readonly attributes: SQSMessageAttributes
  /** The data of a stream record. */
  readonly data?: Buffer | undefined
}

/**
 * Restores the message or record that was parked.
 *
 * @throws when the copy was compressed to make room for the reason, and is damaged
 */
export async function originalText(copy: Message): Promise<Original> {
  if (isOfStream(copy)) {
    const { data } = await parkedRecordOf(copy)
    return { text: data.toString(), attributes: {}, data }
  }
  const { body, messageAttributes } = await originalOf(deliveredMessage(copy))
  return { text: body, attributes: messageAttributes }
}

/** Whether a copy is that of a stream record. */
export function isOfStream({ MessageAttributes = {} }: Message): boolean {
  return streamAttributes.stream in MessageAttributes || streamAttributes.sequenceNumber in MessageAttributes
}
