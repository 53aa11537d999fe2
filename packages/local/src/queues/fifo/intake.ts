import type { Faux } from '../faux-app.ts'
import type { FifoMessage, WireAttribute } from './fifo-message.ts'

/** A message that fauxqs delivers. */
interface FauxDelivery {
  readonly MessageId: string
  readonly ReceiptHandle: string
  readonly Body: string
  readonly MD5OfBody: string
  readonly Attributes: Readonly<Record<string, string>>
  readonly MessageAttributes?: Readonly<Record<string, WireAttribute>>
  readonly MD5OfMessageAttributes?: string
}

/** The longest visibility time-out in seconds. It never passes, because the messages are deleted at once. */
const longest = 43_200
const separator = ':'

/**
 * Gives each message its own group, because fauxqs delivers one message per group and receive. A receive then
 * returns ten, in the order in which they were sent.
 */
export function ownGroup(groupId: string, position: number): string {
  return `${position}${separator}${groupId}`
}

/** Takes over all messages that fauxqs has accepted for a queue, in the order in which they were sent. */
export async function takeOver(
  faux: Faux,
  queueUrl: string,
  add: (message: FifoMessage) => void,
): Promise<void> {
  const request = {
    QueueUrl: queueUrl,
    MaxNumberOfMessages: 10,
    VisibilityTimeout: longest,
    WaitTimeSeconds: 0,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  }
  for (;;) {
    const { Messages = [] } = (await faux.call('ReceiveMessage', request, { uncorrected: true })) as {
      readonly Messages?: readonly FauxDelivery[]
    }
    if (Messages.length === 0) return
    for (const message of Messages) add(toFifoMessage(message))
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }))
    await faux.call('DeleteMessageBatch', { QueueUrl: queueUrl, Entries }, { uncorrected: true })
  }
}

function toFifoMessage(message: FauxDelivery): FifoMessage {
  const {
    MessageGroupId = '',
    SenderId,
    SentTimestamp,
    MessageDeduplicationId,
    SequenceNumber,
    AWSTraceHeader,
  } = message.Attributes
  return {
    messageId: message.MessageId,
    groupId: MessageGroupId.slice(MessageGroupId.indexOf(separator) + 1),
    body: message.Body,
    md5OfBody: message.MD5OfBody,
    attributes: defined({ SenderId, SentTimestamp, MessageDeduplicationId, SequenceNumber, AWSTraceHeader }),
    messageAttributes: message.MessageAttributes ?? {},
    md5OfMessageAttributes: message.MD5OfMessageAttributes,
  }
}

function defined(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
