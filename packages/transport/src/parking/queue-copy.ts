import { isMessageId } from './message-id.ts'
import { maxAttributes } from './parked-attributes.ts'

/** The value of a message attribute, as in the SDK. */
export interface AttributeValue {
  readonly DataType: string | undefined
  readonly StringValue?: string | undefined
  readonly BinaryValue?: Uint8Array | undefined
}

/** A message attribute. */
export type NamedAttribute = readonly [name: string, value: AttributeValue]

/** A copy of a record: parameters of `SendMessage`. */
export interface SentCopy {
  readonly MessageBody: string
  readonly MessageAttributes: Record<string, AttributeValue>
}

/** A fact of a parked copy: the name and the value of an attribute. */
export type CopyFact = readonly [name: string, value: string]

/** The facts that a copy adds to its record. */
export interface CopyFacts {
  /** The facts that a copy must have. */
  readonly needed: readonly CopyFact[]
  /** Further facts, which are left out if there is no room; the most important first. */
  readonly wanted: readonly CopyFact[]
}

/** Amazon SQS quotas: a message, in bytes. */
export const maxQueueBytes = 1_048_576

/**
 * Makes a copy with the needed facts and as many of the wanted ones as there is room for; `undefined` if there is no room
 * for the needed ones.
 */
export function fitCopy(
  body: string,
  attributes: readonly NamedAttribute[],
  { needed, wanted }: CopyFacts,
): SentCopy | undefined {
  const all = [...attributes, ...needed.map(toAttribute)]
  let room = maxQueueBytes - messageBytes(body, all)
  if (room < 0 || all.length > maxAttributes) return undefined
  for (const fact of wanted.map(toAttribute)) {
    const bytes = bytesOf(fact)
    if (all.length === maxAttributes || bytes > room) continue
    all.push(fact)
    room -= bytes
  }
  return { MessageBody: body, MessageAttributes: Object.fromEntries(all) }
}

function toAttribute([name, value]: CopyFact): NamedAttribute {
  return [name, { DataType: 'String', StringValue: value }]
}

/** The bytes of a message as SQS counts them ("Message metadata for Amazon SQS", Amazon SQS Developer Guide). */
export function messageBytes(body: string, attributes: readonly NamedAttribute[]): number {
  return attributes.reduce((sum, one) => sum + bytesOf(one), Buffer.byteLength(body))
}

/** The bytes of an attribute: of its name, type and value. */
function bytesOf([name, { DataType = '', StringValue = '', BinaryValue }]: NamedAttribute): number {
  const value = BinaryValue === undefined ? Buffer.byteLength(StringValue) : BinaryValue.length
  return Buffer.byteLength(name) + Buffer.byteLength(DataType) + value
}

/** Throws for an answer to `SendMessage` that does not confirm the message. */
export function requireMessageId({ MessageId }: { readonly MessageId?: unknown }): void {
  if (!isMessageId(MessageId)) throw new Error('the answer has no MessageId')
}
