import type { MessageAttributeValue } from '@aws-sdk/client-sqs'
import { SpillwayError } from '@spillway/message'
import { wireJson } from '@spillway/message/internal'
import { maxAttributes } from '@spillway/transport'
import type { SQSMessageAttributes } from 'aws-lambda'
import { type CopyFact, type CopyFacts, parkedAttributes } from './copy-facts.ts'
import { maxBytes } from './pack.ts'
import { packedIn, packedName, packedTypes, packMessage } from './packed-message.ts'
import { bytesOf, messageBytes, type NamedAttribute, toSdkAttribute } from './wire-attributes.ts'

/** The body and the attributes of a copy, as the SDK takes them. */
export interface Copy {
  readonly MessageBody: string
  readonly MessageAttributes: Readonly<Record<string, MessageAttributeValue>>
}

/**
 * The copy of a message, from which the message can be made again exactly as it was.
 *
 * The copy has the body and all attributes of its message, and the facts beside them. Where there is no room for the facts (a
 * queue takes ten attributes, and 1 MiB in all), the attributes of the message are packed into one, and where that is not
 * enough its body with them: then the copy's own body names the message at most.
 *
 * @throws SpillwayError `SPILLWAY_PARK_FAILED` for a message that leaves no room even so: binary attributes that fill it
 */
export async function copyOf(
  body: string,
  attributes: SQSMessageAttributes,
  facts: CopyFacts,
): Promise<Copy> {
  const own: readonly string[] = Object.values(parkedAttributes)
  // An earlier parking left its facts on a message that was redriven.
  const original = Object.entries(attributes).filter(([name]) => !own.includes(name))
  const plain = fit(body, original.map(toSdkAttribute), facts)
  // What is packed already came back from the dead-letter queue, and stays packed.
  if (plain !== undefined || packedIn(attributes) !== undefined) return plain ?? noRoom()
  const originals = Object.fromEntries(original)
  return (
    fit(body, [await packed('attributes', { attributes: originals })], facts) ??
    fit(placeholder(body), [await packed('message', { body, attributes: originals })], facts) ??
    noRoom()
  )
}

async function packed(what: keyof typeof packedTypes, message: Parameters<typeof packMessage>[0]) {
  return [packedName, { DataType: packedTypes[what], BinaryValue: await packMessage(message) }] as const
}

/** The copy, where the queue takes it. */
function fit(
  body: string,
  attributes: readonly NamedAttribute[],
  { needed, wanted }: CopyFacts,
): Copy | undefined {
  const all = [...attributes, ...needed.map(toText)]
  let room = maxBytes - messageBytes(body, all)
  if (room < 0 || all.length > maxAttributes) return undefined
  for (const fact of wanted.map(toText)) {
    if (all.length === maxAttributes || bytesOf(fact) > room) continue
    all.push(fact)
    room -= bytesOf(fact)
  }
  return { MessageBody: body, MessageAttributes: Object.fromEntries(all) }
}

function toText([name, value]: CopyFact): NamedAttribute {
  return [name, { DataType: 'String', StringValue: value }]
}

/** The body of a copy whose own is packed: the envelope without its body, which says whose message it is. */
function placeholder(body: string): string {
  const { spillway, name, version, key, group, time } = parse(body)
  const identity = spillway === 1 ? { spillway, name, version, key, group, time } : {}
  // What nests is no part of an envelope, and may nest deeper than JSON can be made of it.
  const flat = Object.entries(identity).filter(([, value]) => typeof value !== 'object')
  const text = wireJson({ ...Object.fromEntries(flat), packed: packedName })
  return text.length > 4096 ? JSON.stringify({ packed: packedName }) : text
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text))
  } catch {
    // Not JSON: the message of somebody else, whose body says nothing here.
    return {}
  }
}

function noRoom(): never {
  throw new SpillwayError(
    'SPILLWAY_PARK_FAILED',
    'A record leaves no room for the reason in the dead-letter queue, not even compressed. It is delivered again: SQS itself moves it once it was received `maxReceiveCount` times.',
  )
}
