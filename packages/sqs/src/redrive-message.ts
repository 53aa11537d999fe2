import { createHash } from 'node:crypto'
import type { Message, MessageAttributeValue, SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs'
import { SpillwayError } from '@spillway/message'
import { checkOptions, nonEmptyString, type OptionRules } from '@spillway/message/internal'
import { maxAttributes, messageBytes } from '@spillway/transport'
import { isFifo, isQueueUrl } from './client.ts'
import { parkedAttributes } from './copy-facts.ts'
import { originalOf } from './original-of.ts'
import { maxBytes } from './pack.ts'
import { packedName } from './packed-message.ts'
import { deliveredMessage, toSdkAttribute } from './wire-attributes.ts'

/** Options of {@link redriveMessage}. */
export interface RedriveOptions {
  /** The queue to which the message is sent back. */
  readonly queueUrl: string | undefined
  /** An edited body, in place of the original one. Its key opens as well. */
  readonly body?: string | undefined
}

/** The result of {@link redriveMessage}. */
export interface RedrivenMessage {
  /** The parameters of `SendMessage`; with an `Id`, an entry of `SendMessageBatch`. */
  readonly entry: Omit<SendMessageBatchRequestEntry, 'Id'>
  /** Its size as SQS counts it. The entries of a batch have at most 1,048,576 bytes together. */
  readonly bytes: number
}

const rules: OptionRules<RedriveOptions> = {
  queueUrl: isQueueUrl,
  body: { ...nonEmptyString(), required: false },
}

type Attributes = Readonly<Record<string, MessageAttributeValue>>

/**
 * Makes the message that is sent from a dead-letter queue back to its queue: the original with a mark, the id of the parked
 * message in the attribute `spillway.messageId`, which opens its key again. The other facts of the parking are removed,
 * except for the times of the first send and receive.
 *
 * If SQS itself moved the message, the mark is the id of the message, which it has kept. If ten attributes or 1 MiB leave
 * no room for the mark, a packed copy stays packed, and `sqsSource` unpacks it; a message that SQS moved has no mark then.
 *
 * Delete the copy when the queue has confirmed the message. A message that is sent twice, because an answer was lost, has
 * the same key and mark both times, and a FIFO queue drops the second one.
 *
 * @param copy a copy as the SDK receives it, with all message and system attributes
 * @throws SpillwayError `SPILLWAY_OPTION_INVALID` when an option is unknown, missing or empty, `SPILLWAY_CLAIM_MISSING` when
 * the packed data is damaged, `SPILLWAY_SEND_FAILED` when an edited message leaves no room for the mark
 */
export async function redriveMessage(copy: Message, options: RedriveOptions): Promise<RedrivenMessage> {
  checkOptions('redriveMessage', options, rules)
  const { queueUrl, body: edited } = options
  const original = await originalOf(deliveredMessage(copy))
  const attributes = Object.fromEntries(Object.entries(original.messageAttributes).map(toSdkAttribute))
  const form = formsOf(copy, edited ?? original.body, attributes, edited !== undefined).find(fits)
  if (form === undefined) {
    throw new SpillwayError(
      'SPILLWAY_SEND_FAILED',
      'A queue has no room for the message and the mark that opens its key: 1 MiB and ten attributes.',
    )
  }
  const [MessageBody, MessageAttributes] = form
  return {
    entry: { MessageBody, MessageAttributes, ...systemFields(copy, edited, isFifo(String(queueUrl))) },
    bytes: messageBytes(MessageBody, Object.entries(MessageAttributes)),
  }
}

type Form = readonly [body: string, attributes: Attributes]

/** The forms in which a message can be sent back, the best first. */
function formsOf(copy: Message, body: string, attributes: Attributes, isEdited: boolean): readonly Form[] {
  const { Body = '', MessageId = '', MessageAttributes = {} } = copy
  const times = pick(MessageAttributes, [parkedAttributes.sentAt, parkedAttributes.firstReceivedAt])
  const parkedId = MessageAttributes[parkedAttributes.messageId]?.StringValue ?? MessageId
  const mark: Attributes = { [parkedAttributes.messageId]: { DataType: 'String', StringValue: parkedId } }
  const marked: readonly Form[] = [
    [body, { ...attributes, ...times, ...mark }],
    [body, { ...attributes, ...mark }],
  ]
  // Without the mark an edited message, which has another fingerprint, would be parked as a conflict.
  if (isEdited) return marked
  const facts: readonly string[] = Object.values(parkedAttributes)
  const others = Object.keys(MessageAttributes).filter((name) => !facts.includes(name))
  const packed: Form = [Body, { ...pick(MessageAttributes, others), ...times, ...mark }]
  return [...marked, ...(packedName in MessageAttributes ? [packed] : []), [body, attributes]]
}

function pick(attributes: Attributes, names: readonly string[]): Attributes {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = attributes[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

function fits([body, attributes]: Form): boolean {
  const entries = Object.entries(attributes)
  return entries.length <= maxAttributes && messageBytes(body, entries) <= maxBytes
}

/**
 * Group and trace are unchanged. The deduplication id is made of the id of the copy, so that a repeated send makes one
 * message. With the original deduplication id SQS would drop the message within five minutes of its first send.
 */
function systemFields({ MessageId, Attributes }: Message, edited: string | undefined, fifo: boolean) {
  const { MessageGroupId, AWSTraceHeader } = Attributes ?? {}
  return {
    ...(MessageGroupId !== undefined && { MessageGroupId }),
    ...(fifo && {
      MessageDeduplicationId: `redrive-${MessageId}${edited === undefined ? '' : `-${hashOf(edited)}`}`,
    }),
    ...(AWSTraceHeader !== undefined && {
      MessageSystemAttributes: {
        AWSTraceHeader: { DataType: 'String' as const, StringValue: AWSTraceHeader },
      },
    }),
  }
}

function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 16)
}
