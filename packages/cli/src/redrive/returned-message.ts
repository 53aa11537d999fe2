import { createHash } from 'node:crypto'
import type { MessageAttributeValue, SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs'
import { SpillwayError } from '@spillway/message'
import { parkedAttributes } from '@spillway/sqs'
import { maxAttributes } from '@spillway/transport'
import type { SQSMessageAttributes } from 'aws-lambda'
import type { ParkedCopy } from '../parked/read-copy.ts'

/** A copy that is to go back, with the text that an editor made of its body. */
export interface Outgoing {
  readonly copy: ParkedCopy
  /** `undefined`: its body goes back as it came. */
  readonly edited: string | undefined
}

/** A message for `SendMessageBatch`, and its bytes as SQS counts them. */
export interface Returned {
  readonly entry: Omit<SendMessageBatchRequestEntry, 'Id'>
  readonly bytes: number
}

type Attributes = Readonly<Record<string, MessageAttributeValue>>

/** Amazon SQS quotas: a message, and all messages of a batch, in bytes. */
export const maxBytes = 1_048_576

/** The attribute of a copy that holds what there was no room for; see `originalOf` of `@spillway/sqs`. */
const packedName = 'spillway.packed'

/**
 * The message that goes back into a queue: as it was before it was parked, with the id of what was parked in
 * `spillway.messageId`, which opens its key again.
 *
 * A message that SQS itself moved kept its id, which is the mark then. Where there is no room for the mark, a packed copy
 * stays packed: the source unpacks it. Any other message goes back without the mark.
 *
 * @throws SpillwayError `SPILLWAY_CLAIM_MISSING` when the copy is damaged, `SPILLWAY_SEND_FAILED` for one of a stream or
 * one that an editor made too large
 */
export function toReturned({ copy, edited }: Outgoing, fifo: boolean): Returned {
  const { message, original, originalId, id, source } = copy
  if (original instanceof Error) throw original
  if (source === 'stream') {
    throw refused('It is the copy of a record of a stream, and goes back with --to-stream.')
  }
  const mark = { [parkedAttributes.messageId]: text(originalId ?? id) }
  const body = edited ?? original.text
  const attributes = toSdk(original.attributes)
  const packed = message.MessageAttributes?.[packedName]
  const forms: readonly (readonly [string, Attributes])[] = [
    [body, { ...attributes, ...timesOf(copy), ...mark }],
    [body, { ...attributes, ...mark }],
    ...(packed === undefined || edited !== undefined
      ? []
      : [
          [
            message.Body ?? '',
            { ...besidePacked(message.MessageAttributes), ...timesOf(copy), ...mark },
          ] as const,
        ]),
    // An edited message has another fingerprint: without the mark it would be parked as a conflict.
    ...(edited === undefined ? [[body, attributes] as const] : []),
  ]
  const form = forms.find(([text, beside]) => fits(text, beside))
  if (form === undefined) throw refused('A queue has no room for it: 1 MiB and ten attributes.')
  const [MessageBody, MessageAttributes] = form
  return {
    entry: { MessageBody, MessageAttributes, ...systemFields(copy, edited, fifo) },
    bytes: sizeOf(MessageBody, MessageAttributes),
  }
}

function refused(detail: string): SpillwayError {
  return new SpillwayError('SPILLWAY_SEND_FAILED', detail)
}

/** When the message was sent and received first: it keeps these times if it is parked again. */
function timesOf({ message: { MessageAttributes = {} } }: ParkedCopy): Attributes {
  const names = [parkedAttributes.sentAt, parkedAttributes.firstReceivedAt]
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = MessageAttributes[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** What a packed copy has of its message: the packed attribute, and the attributes that are not facts of parking. */
function besidePacked(attributes: Attributes = {}): Attributes {
  const facts: readonly string[] = Object.values(parkedAttributes)
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !facts.includes(name)))
}

/**
 * Group and trace as they were. The deduplication id is one of the copy: the message's own would make SQS drop it within
 * five minutes, and with one of the copy a send that is repeated makes one message.
 */
function systemFields({ id, message }: ParkedCopy, edited: string | undefined, fifo: boolean) {
  const { MessageGroupId, AWSTraceHeader } = message.Attributes ?? {}
  return {
    ...(MessageGroupId !== undefined && { MessageGroupId }),
    ...(fifo && {
      MessageDeduplicationId: `redrive-${id}${edited === undefined ? '' : `-${hashOf(edited)}`}`,
    }),
    ...(AWSTraceHeader !== undefined && {
      MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: AWSTraceHeader } },
    }),
  }
}

function text(StringValue: string): MessageAttributeValue {
  return { DataType: 'String', StringValue }
}

function toSdk(attributes: SQSMessageAttributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { dataType, stringValue, binaryValue }]) => [
      name,
      dataType.startsWith('Binary')
        ? { DataType: dataType, BinaryValue: Buffer.from(binaryValue ?? '', 'base64') }
        : { DataType: dataType, StringValue: stringValue },
    ]),
  )
}

function fits(body: string, attributes: Attributes): boolean {
  return Object.keys(attributes).length <= maxAttributes && sizeOf(body, attributes) <= maxBytes
}

/** Amazon SQS Developer Guide, "Amazon SQS message metadata": name, type and value of an attribute count. */
function sizeOf(body: string, attributes: Attributes): number {
  const sizes = Object.entries(attributes).map(
    ([name, { DataType = '', StringValue = '', BinaryValue }]) =>
      Buffer.byteLength(name) +
      Buffer.byteLength(DataType) +
      (BinaryValue?.length ?? Buffer.byteLength(StringValue)),
  )
  return sizes.reduce((sum, size) => sum + size, Buffer.byteLength(body))
}

function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 16)
}
