import { isUtf8 } from 'node:buffer'
import { SpillwayError } from '@spillway/message'
import { isLoopback, localCredentials, type OpenQueue } from '../parked/open-queue.ts'
import { errorText } from './batch-requests.ts'
import type { CopyTarget, SendBack } from './copy-target.ts'
import type { Outgoing } from './returned-message.ts'

/** The stream that copies of its records go back to. */
export async function streamTarget(
  { local }: OpenQueue,
  stream: string,
  region: string | undefined,
): Promise<CopyTarget> {
  if (local !== undefined && !local.streams.includes(stream)) {
    throw new SpillwayError(
      'SPILLWAY_OPTION_INVALID',
      `The local app has no stream '${stream}'. It has: ${local.streams.join(', ') || 'none'}.`,
    )
  }
  // An optional peer, which only streams need.
  const { KinesisClient, PutRecordCommand } = await import('@aws-sdk/client-kinesis')
  const { redriveText } = await import('@spillway/kinesis')
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
    try {
      const { original, message, originalId, source } = copy
      if (original instanceof Error) return own(original.message)
      if (source !== 'stream' || original.data === undefined)
        return own('It is no copy of a record of a stream, and goes back with --to.')
      const PartitionKey = message.MessageAttributes?.[parkedAttributes.partitionKey]?.StringValue
      if (PartitionKey === undefined) return own('It has no partition key.')
      const { SequenceNumber } = await client.send(
        new PutRecordCommand({
          StreamName: stream,
          PartitionKey,
          Data: toData(edited ?? original.text, edited === undefined ? original.data : undefined, originalId),
        }),
      )
      if (SequenceNumber === undefined || SequenceNumber === '')
        throw new Error('the answer has no sequence number')
      return { sent: true, newId: SequenceNumber }
    } catch (thrown) {
      return { sent: false, own: false, cause: errorText(thrown) }
    }
  }

  function toData(text: string, data: Buffer | undefined, recordId: string | undefined): Buffer {
    // No text can hold the mark beside bytes that are no text.
    const isBinary = data !== undefined && !isUtf8(data)
    if (recordId === undefined || isBinary) return data ?? Buffer.from(text)
    return Buffer.from(redriveText(text, recordId))
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

/** A fault of the copy itself. */
function own(cause: string): SendBack {
  return { sent: false, own: true, cause }
}
