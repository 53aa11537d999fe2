import { SpillwayError, toError } from '@spillway/message'
import { nearest } from '@spillway/message/internal'
import { isLoopback, localCredentials, type OpenQueue } from '../parked/open-queue.ts'
import { errorText } from './batch-requests.ts'
import type { CopyTarget, Outgoing, SendBack } from './copy-target.ts'

/**
 * The most bytes of a record with its partition key, unless `MaxRecordSizeInKiB` of the stream is higher (Amazon Kinesis
 * Data Streams quotas).
 */
const usualLimit = 1_048_576

const tooLarge =
  ' With the redrive mark it is larger than 1 MiB: set MaxRecordSizeInKiB of the stream to 1025 or more for the redrive.'

/** Creates the target that sends copies of stream records to a stream. */
export async function streamTarget(
  { local }: OpenQueue,
  stream: string,
  region: string | undefined,
): Promise<CopyTarget> {
  requireStream(stream, local)
  // Optional peer dependencies, which only streams need.
  const { KinesisClient, PutRecordCommand } = await import('@aws-sdk/client-kinesis')
  const { redriveData } = await import('@spillway/kinesis')
  const { parkedAttributes } = await import('@spillway/kinesis/sqs')
  const endpoint = local?.kinesis ?? process.env.AWS_ENDPOINT_URL_KINESIS
  const onThisMachine = endpoint !== undefined && isLoopback(endpoint)
  const found = local?.region ?? region
  const client = new KinesisClient({
    ...(endpoint !== undefined && { endpoint }),
    ...(found !== undefined && { region: found }),
    ...(onThisMachine && { credentials: localCredentials }),
  })

  async function sendOne({ copy, edited }: Outgoing): Promise<SendBack> {
    let bytes = 0
    try {
      const { original, message, originalId, source } = copy
      if (original instanceof Error) return own(original.message)
      if (source !== 'stream' || original.data === undefined)
        return own('It is not a copy of a stream record: send it back with --to.')
      const data = edited === undefined ? original.data : Buffer.from(edited)
      const PartitionKey = message.MessageAttributes?.[parkedAttributes.partitionKey]?.StringValue
      if (PartitionKey === undefined) return own('It has no partition key.')
      const Data = originalId === undefined ? data : redriveData(data, originalId)
      bytes = Data.length + Buffer.byteLength(PartitionKey)
      const { SequenceNumber } = await client.send(
        new PutRecordCommand({ StreamName: stream, PartitionKey, Data }),
      )
      if (SequenceNumber === undefined || SequenceNumber === '')
        throw new Error('the answer has no sequence number')
      return { sent: true, newId: SequenceNumber }
    } catch (thrown) {
      const isOwn = isOwnFault(thrown)
      const hint = isOwn && bytes > usualLimit ? tooLarge : ''
      return { sent: false, own: isOwn, cause: `${errorText(thrown)}${hint}` }
    }
  }

  return {
    name: stream,
    ordered: true,
    async send(copies) {
      const results: SendBack[] = []
      for (const copy of copies) results.push(await sendOne(copy))
      return results
    },
    close: () => client.destroy(),
  }
}

function requireStream(stream: string, local: OpenQueue['local']): void {
  if (local === undefined || local.streams.includes(stream)) return
  const near = nearest(stream, local.streams)
  throw new SpillwayError(
    'SPILLWAY_OPTION_INVALID',
    `The local app has no stream '${stream}'.${near === undefined ? '' : ` Did you mean '${near}'?`} It has: ${local.streams.join(', ') || 'none'}.`,
  )
}

/** The result for a copy that is itself at fault. */
function own(cause: string): SendBack {
  return { sent: false, own: true, cause }
}

/** Whether the stream rejects only this record, for example because it is too large. */
function isOwnFault(thrown: unknown): boolean {
  return ['ValidationException', 'InvalidArgumentException'].includes(toError(thrown).name)
}
