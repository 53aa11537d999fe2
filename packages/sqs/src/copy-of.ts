import { SpillwayError } from '@spillway/message'
import { wireJson } from '@spillway/message/internal'
import { type CopyFacts, fitCopy, type SentCopy } from '@spillway/transport'
import type { SQSMessageAttributes } from 'aws-lambda'
import { parkedAttributes } from './copy-facts.ts'
import { packedIn, packedName, packedTypes, packMessage } from './packed-message.ts'
import { toSdkAttribute } from './wire-attributes.ts'

/**
 * Makes the copy of a message, from which the message can be restored exactly.
 *
 * The copy has the body and all attributes of the message, and the facts. A queue takes ten attributes, and 1 MiB in all.
 * If there is no room for the facts, the attributes of the message are packed into one attribute; if that is not enough,
 * its body is packed as well, and the body of the copy has only the identity of the message.
 *
 * @throws SpillwayError `SPILLWAY_PARK_FAILED` if there is still no room: the message is full of binary attributes
 */
export async function copyOf(
  body: string,
  attributes: SQSMessageAttributes,
  facts: CopyFacts,
): Promise<SentCopy> {
  const own: readonly string[] = Object.values(parkedAttributes)
  // A redriven message may have the facts of an earlier parking.
  const original = Object.entries(attributes).filter(([name]) => !own.includes(name))
  const plain = fitCopy(body, original.map(toSdkAttribute), facts)
  // A packed message came back from the dead-letter queue, and stays packed.
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

/** The body of a copy whose original body is packed: the envelope without its body. */
function placeholder(body: string): string {
  const { spillway, name, version, key, group, time } = parse(body)
  const identity = spillway === 1 ? { spillway, name, version, key, group, time } : {}
  // Only scalar values: a forged envelope may have nested ones, too deep for JSON.stringify.
  const flat = Object.entries(identity).filter(([, value]) => typeof value !== 'object')
  const text = wireJson({ ...Object.fromEntries(flat), packed: packedName })
  return text.length > 4096 ? JSON.stringify({ packed: packedName }) : text
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text))
  } catch {
    // Not JSON, and so not an envelope.
    return {}
  }
}

function noRoom(): never {
  throw new SpillwayError(
    'SPILLWAY_PARK_FAILED',
    'A record leaves no room for the reason in the dead-letter queue, not even compressed. It is delivered again until SQS itself moves it, after `maxReceiveCount` receives.',
  )
}
