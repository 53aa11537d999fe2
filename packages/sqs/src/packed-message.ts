import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { SpillwayError, toError } from '@spillway/message'
import type { SQSMessageAttribute, SQSMessageAttributes } from 'aws-lambda'

/** The packed part of the original, which a copy has in the attribute {@link packedName}. */
export interface PackedMessage {
  /** The body of the message; `undefined` if it is the body of the copy. */
  readonly body?: string
  /** The attributes of the message, as Lambda delivers them: binary values are base64. */
  readonly attributes: SQSMessageAttributes
}

/** The name of the attribute with the packed original: gzipped JSON. */
export const packedName = 'spillway.packed'

/** The types of that attribute: which part of the original it has. */
export const packedTypes = { attributes: 'Binary.attributes', message: 'Binary.message' } as const

/** The most unpacked bytes. A message has 1 MiB; as JSON, with base64 values, it has more. */
const longest = 4_194_304

const compress = promisify(gzip)
const decompress = promisify(gunzip)

/**
 * Packs an original. UTF-8 text always becomes smaller, because not every sequence of bytes is valid UTF-8: by 2 % in the
 * worst case, by a fifth for random ASCII. So the copy of any text message has room for the reason.
 */
export function packMessage(message: PackedMessage): Promise<Buffer> {
  return compress(JSON.stringify(message))
}

/** The packed attribute of a record; `undefined` if there is none. */
export function packedIn(attributes: SQSMessageAttributes | undefined): SQSMessageAttribute | undefined {
  const attribute = attributes?.[packedName]
  if (attribute === undefined) return undefined
  const types: readonly string[] = Object.values(packedTypes)
  return types.includes(attribute.dataType) ? attribute : undefined
}

/** The most bytes that a record has after unpacking: the size in its gzip trailer (RFC 1952, ISIZE), within the limit. */
export function unpackedBytes({ binaryValue = '' }: SQSMessageAttribute): number {
  const bytes = Buffer.from(binaryValue, 'base64')
  return bytes.length < 4 ? 0 : Math.min(longest, bytes.readUInt32LE(bytes.length - 4))
}

/**
 * Unpacks an original.
 *
 * @throws SpillwayError `SPILLWAY_CLAIM_MISSING` when it is damaged, or larger than a message can be
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
