import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis'
import { redriveData } from '@spillway/kinesis'

const client = new KinesisClient({})

/** A copy that `s3DeadLetter` has written. */
interface Copy {
  readonly partitionKey: string
  readonly sequenceNumber: string
  readonly recordId?: string
  readonly text?: string
  readonly base64?: string
}

/** Puts a copy of the bucket back into its stream. */
export async function redrive(copy: Copy): Promise<void> {
  const { partitionKey, sequenceNumber, recordId = sequenceNumber, text, base64 = '' } = copy
  await client.send(
    new PutRecordCommand({
      StreamName: process.env.STREAM_NAME,
      PartitionKey: partitionKey,
      Data: redriveData(text ?? Buffer.from(base64, 'base64'), recordId),
    }),
  )
}
