import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis'
import type { Message } from '@aws-sdk/client-sqs'
import { redriveData } from '@spillway/kinesis'
import { parkedRecordOf } from '@spillway/kinesis/sqs'

const client = new KinesisClient({})

/** Puts a record back into its stream from its copy in a queue. */
export async function redriveRecord(copy: Message): Promise<void> {
  const { data, partitionKey, recordId = '' } = await parkedRecordOf(copy)
  await client.send(
    new PutRecordCommand({
      StreamName: process.env.STREAM_NAME,
      PartitionKey: partitionKey,
      Data: redriveData(data, recordId),
    }),
  )
}
