import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis'
import { redriveText } from '@spillway/kinesis'

const client = new KinesisClient({})

interface Copy {
  readonly body: string
  readonly attributes: Readonly<Record<string, string>>
}

/** Puts a copy of the dead-letter queue back into its stream. */
export async function redrive({ body, attributes }: Copy): Promise<void> {
  const recordId = attributes['spillway.recordId'] ?? attributes['spillway.sequenceNumber'] ?? ''
  await client.send(
    new PutRecordCommand({
      StreamName: process.env.STREAM_NAME,
      PartitionKey: attributes['spillway.partitionKey'],
      Data: Buffer.from(redriveText(body, recordId)),
    }),
  )
}
