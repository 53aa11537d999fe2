import {
  DeleteMessageCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import type { QueueEngine } from '@spillway/local/testing'
import { encodeMessage, type ParkReason, type RecordSource } from '@spillway/message'
import { sqsSource } from '@spillway/sqs'
import type { SQSEvent, SQSMessageAttributes, SQSRecord } from 'aws-lambda'

type Attributes = Readonly<Record<string, MessageAttributeValue>>

/** Creates an SDK client for the embedded SQS. */
export function clientOf({ endpoint, region }: Pick<QueueEngine, 'endpoint' | 'region'>): SQSClient {
  return new SQSClient({
    endpoint,
    region,
    maxAttempts: 1,
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
  })
}

/** The envelope of an order. */
export function orderText(key: string, body: unknown = { id: key }): string {
  return encodeMessage({
    name: 'order.placed',
    version: 1,
    key,
    time: new Date('2026-01-02T03:04:05.678Z'),
    body,
  })
}

/** Sends a message to a queue. */
export async function send(
  client: SQSClient,
  url: string,
  body: string,
  { attributes, group }: { readonly attributes?: Attributes; readonly group?: string } = {},
): Promise<string> {
  const { MessageId = '' } = await client.send(
    new SendMessageCommand({
      QueueUrl: url,
      MessageBody: body,
      MessageAttributes: attributes,
      ...(group !== undefined && { MessageGroupId: group, MessageDeduplicationId: crypto.randomUUID() }),
    }),
  )
  return MessageId
}

/** Receives up to ten messages. */
export async function receive(client: SQSClient, url: string): Promise<readonly Message[]> {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    }),
  )
  return Messages
}

interface ParkOptions {
  readonly attributes?: Attributes
  readonly group?: string
  readonly reason?: ParkReason
}

/** Sends a message and lets the source park it, as a function would. Resolves with the id of the message. */
export async function parkOne(
  client: SQSClient,
  urls: { readonly from: string; readonly dead: string },
  body: string,
  options: ParkOptions = {},
): Promise<string> {
  await send(client, urls.from, body, options)
  return parkNext(client, urls, options)
}

/** Lets the source park the next message of a queue. Resolves with the id of the message. */
export async function parkNext(
  client: SQSClient,
  urls: { readonly from: string; readonly dead: string },
  {
    reason = { code: 'SPILLWAY_BODY_INVALID', detail: 'The body is not a valid order.placed.' },
  }: ParkOptions = {},
): Promise<string> {
  const [message] = await receive(client, urls.from)
  if (message === undefined) throw new Error('nothing was received')
  const source = sqsSource({ queueUrl: urls.from, deadLetterQueueUrl: urls.dead, client })
  const event: SQSEvent & { source?: RecordSource } = { Records: [toRecord(message, urls.from)] }
  await source.before?.({ event, internal: {} } as never)
  const record = event.source?.records[0]
  if (record === undefined) throw new Error('the source has no record')
  await event.source?.park(record, reason, {
    signal: new AbortController().signal,
    remainingTime: () => 60_000,
  })
  await client.send(new DeleteMessageCommand({ QueueUrl: urls.from, ReceiptHandle: message.ReceiptHandle }))
  return record.id
}

/** A message of the SDK as Lambda delivers it. */
export function toRecord(message: Message, url: string): SQSRecord {
  const { MessageId = '', ReceiptHandle = '', Body = '', Attributes = {}, MessageAttributes = {} } = message
  const attributes = Object.entries(MessageAttributes).map(([name, value]) => [
    name,
    {
      dataType: value.DataType,
      ...(value.StringValue !== undefined && { stringValue: value.StringValue }),
      ...(value.BinaryValue !== undefined && {
        binaryValue: Buffer.from(value.BinaryValue).toString('base64'),
      }),
    },
  ])
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes as unknown as SQSRecord['attributes'],
    messageAttributes: Object.fromEntries(attributes) as SQSMessageAttributes,
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${url.split('/').at(-1)}`,
    awsRegion: 'us-east-1',
  }
}
