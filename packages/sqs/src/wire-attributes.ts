import type { Message } from '@aws-sdk/client-sqs'
import type { NamedAttribute } from '@spillway/transport'
import type { SQSMessageAttribute, SQSMessageAttributes } from 'aws-lambda'
import type { DeliveredMessage } from './original-of.ts'

/** Converts a message attribute from Lambda's form to the SDK's form. */
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
 * Converts a message from the SDK's form to Lambda's form, for {@link originalOf}: names with lower-case initials, and
 * binary values in base64.
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
