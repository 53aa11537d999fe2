/** A message attribute in a request or response, with bytes in Base64. */
export interface WireAttribute {
  readonly DataType: string
  readonly StringValue?: string
  readonly BinaryValue?: string
}

/** A message of a FIFO queue, before any receive. */
export interface FifoMessage {
  readonly messageId: string
  readonly groupId: string
  readonly body: string
  readonly md5OfBody: string
  /** The system attributes that do not change: when it was sent, its deduplication id, its sequence number. */
  readonly attributes: Readonly<Record<string, string>>
  readonly messageAttributes: Readonly<Record<string, WireAttribute>>
  readonly md5OfMessageAttributes: string | undefined
}

/** A message that was received. */
export interface FifoDelivery {
  readonly message: FifoMessage
  readonly receiptHandle: string
  /** How often it was received, including this time and in its source queue. */
  readonly receiveCount: number
  /** Milliseconds since the epoch. */
  readonly firstReceivedAt: number
}

/** The attributes that a client requested. */
export interface WantedAttributes {
  readonly AttributeNames?: readonly string[]
  readonly MessageSystemAttributeNames?: readonly string[]
  readonly MessageAttributeNames?: readonly string[]
}

/** A message in the response to `ReceiveMessage` ("Message" of the Amazon SQS API reference). */
export interface WireMessage {
  readonly MessageId: string
  readonly ReceiptHandle: string
  readonly Body: string
  readonly MD5OfBody: string
  readonly Attributes?: Readonly<Record<string, string>>
  readonly MessageAttributes?: Readonly<Record<string, WireAttribute>>
  readonly MD5OfMessageAttributes?: string
}

/** Turns a delivery into a message with the attributes that the client requested. */
export function toWireMessage(delivery: FifoDelivery, wanted: WantedAttributes): WireMessage {
  const { message, receiptHandle, receiveCount, firstReceivedAt } = delivery
  const system = [...(wanted.AttributeNames ?? []), ...(wanted.MessageSystemAttributeNames ?? [])]
  const attributes = select(system, {
    ...message.attributes,
    MessageGroupId: message.groupId,
    ApproximateReceiveCount: String(receiveCount),
    ApproximateFirstReceiveTimestamp: String(firstReceivedAt),
  })
  const messageAttributes = select(wanted.MessageAttributeNames ?? [], message.messageAttributes)
  const { md5OfMessageAttributes } = message
  return {
    MessageId: message.messageId,
    ReceiptHandle: receiptHandle,
    Body: message.body,
    MD5OfBody: message.md5OfBody,
    ...(attributes && { Attributes: attributes }),
    ...(messageAttributes && { MessageAttributes: messageAttributes }),
    ...(messageAttributes && md5OfMessageAttributes && { MD5OfMessageAttributes: md5OfMessageAttributes }),
  }
}

/** Selects attributes by name, by `All`, or by `prefix.*`. `undefined` when there are none. */
function select<Value>(
  names: readonly string[],
  all: Readonly<Record<string, Value>>,
): Record<string, Value> | undefined {
  const exact = new Set(names)
  const prefixes = names.filter((name) => name.endsWith('.*')).map((name) => name.slice(0, -1))
  const everything = exact.has('All') || exact.has('.*')
  const found = Object.entries(all).filter(
    ([name]) => everything || exact.has(name) || prefixes.some((prefix) => name.startsWith(prefix)),
  )
  return found.length === 0 ? undefined : Object.fromEntries(found)
}
