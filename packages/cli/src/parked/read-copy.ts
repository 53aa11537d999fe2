import type { Message } from '@aws-sdk/client-sqs'
import { parkedAttributes as streamAttributes } from '@spillway/kinesis/sqs'
import { toError } from '@spillway/message'
import { isText } from '@spillway/message/internal'
import { parkedAttributes } from '@spillway/sqs'
import { isOfStream, type Original, originalText } from './original-text.ts'

/** A copy in a dead-letter queue, and what its attributes say about its message. */
export interface ParkedCopy {
  /** The id of the copy in the dead-letter queue. */
  readonly id: string
  readonly message: Message
  /** The name in the envelope; `undefined` when the body is not an envelope. */
  readonly name: string | undefined
  readonly key: string | undefined
  /** Why it was parked; `undefined` for a message that SQS moved after too many receives. */
  readonly code: string | undefined
  readonly detail: string | undefined
  /** Issues of the schema, as JSON. */
  readonly issues: string | undefined
  /** The id of the message or record that was parked. */
  readonly originalId: string | undefined
  readonly source: 'queue' | 'stream'
  /** When it was sent to the dead-letter queue; `undefined` for a message that SQS moved, which keeps its first time. */
  readonly parkedAt: Date | undefined
  /** When the message was first sent. */
  readonly sentAt: Date | undefined
  /** How often the message was received before it was parked. */
  readonly receiveCount: number | undefined
  /** How often the copy was received, including this time. */
  readonly looks: number
  /** The message before it was parked, or why it cannot be restored. */
  readonly original: Original | Error
}

/** Reads a copy and restores its message. Never rejects. */
export async function readCopy(message: Message): Promise<ParkedCopy> {
  const { MessageId = '', Attributes = {}, MessageAttributes = {} } = message
  const text = (name: string) => MessageAttributes[name]?.StringValue
  const original = await originalText(message).catch(toError)
  const code = text(parkedAttributes.code)
  const enteredAt = toDate(Number(Attributes.SentTimestamp))
  const looks = Number(Attributes.ApproximateReceiveCount ?? 1)
  const stream = isOfStream(message)
  const recordId = text(streamAttributes.recordId) ?? text(streamAttributes.sequenceNumber)
  const sentText = text(stream ? streamAttributes.arrivedAt : parkedAttributes.sentAt)
  return {
    id: MessageId,
    message,
    ...identityOf(original instanceof Error ? (message.Body ?? '') : original.text),
    code,
    detail: text(parkedAttributes.reason),
    issues: text(parkedAttributes.issues),
    originalId: stream ? recordId : text(parkedAttributes.messageId),
    source: stream ? 'stream' : 'queue',
    parkedAt: code === undefined ? undefined : enteredAt,
    sentAt: sentText === undefined ? (code === undefined ? enteredAt : undefined) : toDate(sentText),
    receiveCount: toCount(text(parkedAttributes.receiveCount)),
    looks,
    original,
  }
}

function toDate(value: string | number): Date | undefined {
  const date = new Date(value)
  return Number.isNaN(date.getTime()) ? undefined : date
}

function toCount(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

/** The name and key of an envelope. Its body may be invalid, or a claim check. */
function identityOf(text: string): { readonly name: string | undefined; readonly key: string | undefined } {
  const envelope = readEnvelope(text)
  const { name, key } = envelope ?? {}
  return { name: isText(name, 256) ? name : undefined, key: isText(key, 256) ? key : undefined }
}

/** Parses an envelope; `undefined` when the text is not one. */
export function readEnvelope(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return (Object(value) as { readonly spillway?: unknown }).spillway === 1
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}
