import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs'

/** A record of an SQS event (Lambda developer guide, "Using Lambda with Amazon SQS"). */
export interface SqsRecord {
  readonly messageId: string
  readonly receiptHandle: string
  readonly body: string
  readonly attributes: Readonly<Record<string, string>>
  readonly messageAttributes: Readonly<Record<string, SqsRecordAttribute>>
  readonly md5OfBody: string
  readonly md5OfMessageAttributes?: string
  readonly eventSource: 'aws:sqs'
  readonly eventSourceARN: string
  readonly awsRegion: string
}

/** A message attribute in a record. */
export interface SqsRecordAttribute {
  readonly stringValue?: string
  /** Base64. */
  readonly binaryValue?: string
  readonly stringListValues: readonly never[]
  readonly binaryListValues: readonly never[]
  readonly dataType: string
}

/** Turns a message of the SDK into a record of Lambda. */
export function toRecord(message: Message, queueArn: string, region: string): SqsRecord {
  const { MD5OfMessageAttributes: md5 } = message
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [name, toAttribute(value)]),
    ),
    md5OfBody: message.MD5OfBody ?? '',
    ...(md5 === undefined || md5 === '' ? {} : { md5OfMessageAttributes: md5 }),
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  }
}

function toAttribute({ StringValue, BinaryValue, DataType }: MessageAttributeValue): SqsRecordAttribute {
  return {
    ...(StringValue === undefined ? {} : { stringValue: StringValue }),
    ...(BinaryValue === undefined ? {} : { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
    stringListValues: [],
    binaryListValues: [],
    dataType: DataType ?? 'String',
  }
}
