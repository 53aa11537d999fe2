import type { Message } from '@aws-sdk/client-sqs'
import { parkedRecordOf, parkedAttributes as streamAttributes } from '@spillway/kinesis/sqs'
import { deliveredMessage, originalOf } from '@spillway/sqs'
import type { SQSMessageAttributes } from 'aws-lambda'

/** A message as it was before it was parked. */
export interface Original {
  /** The body of a message of a queue; the data of a record of a stream as text. */
  readonly text: string
  /** The message attributes of a message of a queue. */
  readonly attributes: SQSMessageAttributes
  /** The data of a record of a stream, byte for byte. */
  readonly data?: Buffer | undefined
}

/**
 * The message or record that was parked.
 *
 * @throws when what was packed to make room for the reason is damaged
 */
export async function originalText(copy: Message): Promise<Original> {
  if (isOfStream(copy)) {
    const { data } = await parkedRecordOf(copy)
    return { text: data.toString(), attributes: {}, data }
  }
  const { body, messageAttributes } = await originalOf(deliveredMessage(copy))
  return { text: body, attributes: messageAttributes }
}

/** Whether a copy is of a record of a stream. */
export function isOfStream({ MessageAttributes = {} }: Message): boolean {
  return streamAttributes.stream in MessageAttributes || streamAttributes.sequenceNumber in MessageAttributes
}
