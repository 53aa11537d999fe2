import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Message } from '@aws-sdk/client-sqs'
import { SpillwayError, toError } from '@spillway/message'
import { parkedAttributes } from './parked-attributes.ts'

/** A copy in a queue, as the SDK receives it with `MessageAttributeNames: ['All']`. */
export type QueueCopy = Pick<Message, 'Body' | 'MessageAttributes'>

/** A record of a stream as it was before it was parked. */
export interface ParkedRecord {
  /** The data, byte for byte. */
  readonly data: Buffer
  /** `undefined` if the copy has none, and so is not of a stream. */
  readonly partitionKey: string | undefined
  /** The id for `redriveData`; `undefined` if the copy has none, and so is not of a stream. */
  readonly recordId: string | undefined
}

/** Amazon Kinesis Data Streams quotas: the most bytes of a record. */
const longestData = 10_485_760

const decompress = promisify(gunzip)

/**
 * Restores a parked record from its copy by `sqsDeadLetter`. To redrive it, put it into the stream under its partition key,
 * with its data marked by `redriveData`.
 *
 * @throws SpillwayError `SPILLWAY_CLAIM_MISSING` when the compressed data of the copy is damaged
 */
export async function parkedRecordOf(copy: QueueCopy): Promise<ParkedRecord> {
  const text = (name: string) => copy.MessageAttributes?.[name]?.StringValue
  return {
    data: await dataOf(copy),
    partitionKey: text(parkedAttributes.partitionKey),
    recordId: text(parkedAttributes.recordId) ?? text(parkedAttributes.sequenceNumber),
  }
}

async function dataOf({ Body = '', MessageAttributes = {} }: QueueCopy): Promise<Buffer> {
  const encoding = MessageAttributes[parkedAttributes.encoding]?.StringValue
  // The body `-` is the copy of a record without data, because SQS refuses an empty body. It decodes to nothing.
  if (encoding === 'base64') return Buffer.from(Body, 'base64')
  if (encoding !== 'gzip') return Buffer.from(Body)
  const packed = MessageAttributes[parkedAttributes.data]?.BinaryValue ?? new Uint8Array()
  try {
    return await decompress(packed, { maxOutputLength: longestData })
  } catch (thrown) {
    throw new SpillwayError(
      'SPILLWAY_CLAIM_MISSING',
      `The data of the record is compressed in the attribute ${parkedAttributes.data} of its copy, which is damaged (${toError(thrown).name}).`,
    )
  }
}
