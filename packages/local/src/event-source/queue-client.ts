import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { Clock } from '@spillway/message/internal'
import { type SqsRecord, toRecord } from './record.ts'
import type { EventSourceSpec } from './types.ts'

/** A record with what the event source has to know about it. */
export interface Received {
  readonly record: SqsRecord
  /** Bytes of its JSON. */
  readonly size: number
  /** Milliseconds since the epoch. Its visibility time-out began about then. */
  readonly receivedAt: number
}

/** The queue, as an event source uses it. */
export interface QueueClient {
  /** Receives up to `max` records (10 at most), waiting up to `wait` seconds for the first. Throws what the SDK throws. */
  receive(max: number, wait: number): Promise<readonly Received[]>
  /** Deletes up to ten records and gives those that the queue did not delete. Throws what the SDK throws. */
  remove(records: readonly SqsRecord[]): Promise<readonly SqsRecord[]>
  destroy(): void
}

/** Connects to the queue with an SDK client of its own. */
export function createQueueClient(spec: EventSourceSpec, clock: Clock): QueueClient {
  const { queueUrl, queueArn, region, endpoint } = spec
  const sqs = new SQSClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    // The event source has its own back-off, and checksums buy nothing on loopback.
    maxAttempts: 1,
    md5: false,
    requestHandler: {
      connectionTimeout: 2000,
      requestTimeout: 15_000,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: 2000 },
    },
  })
  return {
    async receive(max, wait) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: max,
          WaitTimeSeconds: wait,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
      )
      const receivedAt = clock.now()
      return Messages.map((message) => {
        const record = toRecord(message, queueArn, region)
        return { record, size: Buffer.byteLength(JSON.stringify(record)), receivedAt }
      })
    },
    async remove(records) {
      const { Failed = [] } = await sqs.send(
        new DeleteMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: records.map(({ receiptHandle }, index) => ({
            Id: String(index),
            ReceiptHandle: receiptHandle,
          })),
        }),
      )
      return Failed.flatMap(({ Id }) => records[Number(Id)] ?? [])
    },
    destroy: () => sqs.destroy(),
  }
}
