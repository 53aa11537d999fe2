import { SpillwayError } from '@spillway/message'
import { wireJson } from '@spillway/message/internal'
import { type CopyFacts, fitCopy, type SentCopy } from '@spillway/transport'
import type { SQSMessageAttributes } from 'aws-lambda'
import { parkedAttributes } from './copy-facts.ts'
import { packedIn, packedName, packedTypes, packMessage } from './packed-message.ts'
import { toSdkAttribute } from './wire-attributes.ts'

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
): Promise<SentCopy> {
  const own: readonly string[] = Object.values(parkedAttributes)
  // An earlier parking left its facts on a message that was redriven.
  const original = Object.entries(attributes).filter(([name]) => !own.includes(name))
  const plain = fitCopy(body, original.map(toSdkAttribute), facts)
  // What is packed already came back from the dead-letter queue, and stays packed.
  if (plain !== undefined || packedIn(attributes) !== undefined) return plain ?? noRoom()
  const originals = Object.fromEntries(original)
  return (
    fitCopy(body, [await packed('attributes', { attributes: originals })], facts) ??
    fitCopy(placeholder(body), [await packed('message', { body, attributes: originals })], facts) ??
    noRoom()
  )
}

async function packed(what: keyof typeof packedTypes, message: Parameters<typeof packMessage>[0]) {
  return [packedName, { DataType: packedTypes[what], BinaryValue: await packMessage(message) }] as const
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
