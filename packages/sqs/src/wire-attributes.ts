import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs'
import type { SQSMessageAttribute, SQSMessageAttributes } from 'aws-lambda'
import type { DeliveredMessage } from './original-of.ts'

/** A message attribute as the SDK takes it. */
export type NamedAttribute = readonly [name: string, value: MessageAttributeValue]

/** A message attribute as Lambda delivers it, as the SDK takes it. */
export function toSdkAttribute([name, attribute]: readonly [string, SQSMessageAttribute]): NamedAttribute {
  const { dataType, stringValue, binaryValue } = attribute
  return [
    name,
    dataType.startsWith('Binary')
      ? { DataType: dataType, BinaryValue: Buffer.from(binaryValue ?? '', 'base64') }
      : { DataType: dataType, StringValue: stringValue },
  ]
}

/**
 * A message that the SDK received, in the form in which Lambda delivers it and {@link originalOf} takes it: the names have
 * small initials, and binary values are base64.
 */
export function deliveredMessage({ Body = '', MessageAttributes = {} }: Message): DeliveredMessage {
  const attributes = Object.entries(MessageAttributes).map(([name, value]) => {
    const { DataType = '', StringValue, BinaryValue } = value
    return [
      name,
      {
        dataType: DataType as SQSMessageAttribute['dataType'],
        ...(StringValue !== undefined && { stringValue: StringValue }),
        ...(BinaryValue !== undefined && { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
      },
    ] as const
  })
  return { body: Body, messageAttributes: Object.fromEntries(attributes) satisfies SQSMessageAttributes }
}

/** The bytes of a message as SQS counts them ("Amazon SQS message metadata", Amazon SQS Developer Guide). */
export function messageBytes(body: string, attributes: readonly NamedAttribute[]): number {
  return attributes.reduce((sum, one) => sum + bytesOf(one), Buffer.byteLength(body))
}

/** The bytes of an attribute: its name, its type and its value count. */
export function bytesOf([name, { DataType = '', StringValue = '', BinaryValue }]: NamedAttribute): number {
  const value = BinaryValue === undefined ? Buffer.byteLength(StringValue) : BinaryValue.length
  return Buffer.byteLength(name) + Buffer.byteLength(DataType) + value
}
