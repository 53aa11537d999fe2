import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { SpillwayError, toError } from '@spillway/message'
import type { SQSMessageAttribute, SQSMessageAttributes } from 'aws-lambda'

/** What a copy holds in the attribute {@link packedName}, in place of what there is no room for beside the reason. */
export interface PackedMessage {
  /** The body of the message; `undefined` where it is the body of the copy. */
  readonly body?: string
  /** The attributes of the message, as Lambda delivers them: binary values are base64. */
  readonly attributes: SQSMessageAttributes
}

/** The attribute of a copy that holds the original, gzipped JSON. */
export const packedName = 'spillway.packed'

/** The types of that attribute: what of the original is in it. */
export const packedTypes = { attributes: 'Binary.attributes', message: 'Binary.message' } as const

/**
 * The most bytes that are unpacked. A message has 1 MiB: as JSON twice as much, and its binary values are base64 there.
 */
const longest = 4_194_304

const compress = promisify(gzip)
const decompress = promisify(gunzip)

/**
 * Packs an original. Text of UTF-8 always gets smaller, because not every sequence of bytes is one: by 2 % where it is
 * made for it, by a fifth where it is random ASCII. So a copy of any message that is text has room for the reason.
 */
export function packMessage(message: PackedMessage): Promise<Buffer> {
  return compress(JSON.stringify(message))
}

/** The packed attribute of a record; `undefined` for one that has none. */
export function packedIn(attributes: SQSMessageAttributes | undefined): SQSMessageAttribute | undefined {
  const attribute = attributes?.[packedName]
  if (attribute === undefined) return undefined
  const types: readonly string[] = Object.values(packedTypes)
  return types.includes(attribute.dataType) ? attribute : undefined
}

/** How many bytes unpacking a record takes at most: what its gzip says of itself (RFC 1952, ISIZE), within the limit. */
export function unpackedBytes({ binaryValue = '' }: SQSMessageAttribute): number {
  const bytes = Buffer.from(binaryValue, 'base64')
  return bytes.length < 4 ? 0 : Math.min(longest, bytes.readUInt32LE(bytes.length - 4))
}

/**
 * Unpacks an original.
 *
 * @throws SpillwayError `SPILLWAY_CLAIM_MISSING` for what is damaged, or larger than any message
 */
export async function unpackMessage(attribute: SQSMessageAttribute): Promise<PackedMessage> {
  const bytes = Buffer.from(attribute.binaryValue ?? '', 'base64')
  try {
    const json = await decompress(bytes, { maxOutputLength: Math.max(1, unpackedBytes(attribute)) })
    const { body, attributes } = Object(JSON.parse(json.toString())) as Partial<PackedMessage>
    if (body !== undefined && typeof body !== 'string') throw new TypeError('the body is not a text')
    return { ...(body !== undefined && { body }), attributes: Object(attributes) }
  } catch (thrown) {
    throw new SpillwayError(
      'SPILLWAY_CLAIM_MISSING',
      `The record is the copy of a parked message that is packed in its attribute ${packedName}, which is damaged (${toError(thrown).name}).`,
    )
  }
}
