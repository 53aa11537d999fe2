import type { SQSEvent } from 'aws-lambda'
import { keyOf, toWire } from '../handlers/row-message.ts'
import type { QueueMessage } from './message.ts'

/** The handle of the last receive of a message. */
export function receiptOf({ number, receiveCount }: QueueMessage): string {
  return `${number}.${receiveCount}`
}

/** Creates the event that Lambda delivers. */
export function toQueueEvent(messages: readonly QueueMessage[], queueName: string, fifo: boolean): SQSEvent {
  return {
    Records: messages.map((message) => ({
      messageId: keyOf(message.number),
      receiptHandle: receiptOf(message),
      body: toWire(message.number, message.group, message.sentAt),
      attributes: {
        ApproximateReceiveCount: String(message.receiveCount),
        SentTimestamp: String(message.sentAt),
        SenderId: 'simulator',
        ApproximateFirstReceiveTimestamp: String(message.sentAt),
        ...(fifo && { MessageGroupId: message.group, MessageDeduplicationId: keyOf(message.number) }),
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${queueName}`,
      awsRegion: 'us-east-1',
    })),
  }
}
